using DctNet.V1;

namespace DctNet.Client;

/// <summary>How a bulk run works. Checked when it begins.</summary>
public sealed record BulkOptions
{
    /// <summary>
    /// The job's name, at most 128 characters: keep it to run the same job again, after a crash for example. Null: a new one, for this run
    /// alone.
    /// </summary>
    public string? Scope { get; init; }

    /// <summary>What to make of items that do not say. Null: the server's defaults.</summary>
    public CartoonizeOptions? Options { get; init; }

    /// <summary>
    /// Items that may be on their way at once on a stream, taken results included until the next is asked for. Defaults to 64; the server
    /// may allow fewer.
    /// </summary>
    public int MaxOpenItems { get; init; } = 64;

    /// <summary>
    /// Streams at once. Defaults to 1. A stream stays with one server, so behind a balancer take about as many as there are servers.
    /// </summary>
    public int Streams { get; init; } = 1;

    /// <summary>
    /// After about this time, spread by a fifth, a stream takes no new items, finishes and is replaced, so that it ends by itself before a
    /// server or balancer ends it. Defaults to 5 minutes.
    /// </summary>
    public TimeSpan StreamAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long the service may be out of reach, or refuse streams, before the run ends with its error, and how long it may refuse an item for
    /// reasons that pass before that item does. Defaults to 2 minutes; until then it is tried again with growing random waits.
    /// </summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Told of every step, on any thread, never twice at once.</summary>
    public IProgress<BulkProgress>? Progress { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxOpenItems, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Streams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StreamAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(GiveUpAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Scope?.Length ?? 0, 128);
    }
}
