namespace DctNet.Client;

/// <summary>How a <see cref="DctNetClient"/> connects, waits and retries. Checked when the client is made.</summary>
public sealed record DctNetClientOptions
{
    /// <summary>Largest chunk the service takes: 1 MiB.</summary>
    public const int MaxChunkBytes = 1024 * 1024;

    // Some way beyond it lies the calendar's end.
    private static readonly TimeSpan s_maxDeadline = TimeSpan.FromDays(365);

    /// <summary>
    /// The transport, such as one with a client certificate or a Unix domain socket. The caller keeps it and disposes it after the client.
    /// Defaults to one of the client's own, made for long-lived HTTP/2 connections. Not used with a channel of the caller's.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>
    /// Bytes of each upload chunk, 1 to 1,048,576. Defaults to 64,512 (63 KiB), which with the message around them fill four HTTP/2
    /// frames; 64 KiB would send a fifth frame of a few bytes with each. Throughput no longer grows beyond it, and from 128 KiB on the
    /// receiver's buffers land on the large-object heap.
    /// </summary>
    public int ChunkBytes { get; init; } = 63 * 1024;

    /// <summary>
    /// The longest a call may take with all its retries; the server is told. Defaults to 10 minutes.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no limit; else at most 365 days.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Attempts a call may take, the first included; 1 never retries. Defaults to 4.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>
    /// Ceiling of the random wait before the first retry; it doubles with each one. Defaults to 200 ms.
    /// </summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Ceiling that the doubling stops at. Defaults to 5 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Also retry RESOURCE_EXHAUSTED where the server says when to come back. Defaults to false: a service in front of this one
    /// does better to pass the refusal on; a tool that works through a list sets it.
    /// </summary>
    public bool RetryWhenOverloaded { get; init; }

    /// <summary>
    /// Attempts that RESOURCE_EXHAUSTED may cost beyond <see cref="MaxAttempts"/>, where <see cref="RetryWhenOverloaded"/>: a server that says
    /// when to come back is there. Defaults to 0.
    /// </summary>
    public int ExtraOverloadAttempts { get; init; }

    /// <summary>
    /// Clock and timer of deadlines and waits. Its present must be the real one, since gRPC's own deadline timer runs on that. Defaults to
    /// the system's.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ChunkBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChunkBytes, MaxChunkBytes);
        if (Deadline != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Deadline, s_maxDeadline);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ExtraOverloadAttempts, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(InitialBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackoff, InitialBackoff);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
