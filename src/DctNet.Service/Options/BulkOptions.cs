using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>Bulk sessions and the spool that holds their items. Section <c>DctNet:Bulk</c>.</summary>
public sealed record BulkOptions
{
    /// <summary>
    /// Bytes of input that a session may have in the spool, and about as many of results: the window of its credits. Defaults to 67,108,864
    /// (64 MiB), two uploads of the largest size; at least <see cref="LimitOptions.MaxUploadBytes"/>, or the largest could never come.
    /// </summary>
    [Range(1, 1 << 30)]
    public int SessionBytes { get; set; } = 64 << 20;

    /// <summary>Items that a session may have open: opened and not confirmed. Defaults to 128.</summary>
    [Range(1, 10_000)]
    public int MaxOpenItems { get; set; } = 128;

    /// <summary>
    /// Bytes of the whole spool. Defaults to 1,073,741,824 (1 GiB), at most eight streams at once: each, and each session without one that has
    /// pictures left to draw, takes twice <see cref="SessionBytes"/>, other sessions what they have on disk. A stream that would not fit is refused
    /// with RESOURCE_EXHAUSTED.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long MaxSpoolBytes { get; set; } = 1L << 30;

    /// <summary>How long a session without a stream is kept. Defaults to 60 minutes.</summary>
    [Range(1, 10_080)]
    public int TimeToLiveMinutes { get; set; } = 60;

    /// <summary>
    /// Whether a restart finds the spool again. Defaults to true: its key lies in the data directory. False: every start has a key of its
    /// own, and deletes what the one before has left.
    /// </summary>
    public bool KeepOverRestart { get; set; } = true;

    /// <summary>
    /// File with the spool's key, 32 bytes as base64, for example from a secret. Defaults to none: <c>keys/spool.key</c> in the data
    /// directory, made on first start.
    /// </summary>
    public string? KeyFile { get; set => field = Setting.OrNone(value); }

    /// <summary>What a stream reserves of the spool: its window once as input and once as results.</summary>
    internal long StreamReservation => 2L * SessionBytes;

    /// <summary>What contradicts the other options, or null.</summary>
    internal string? Validate(LimitOptions limits)
    {
        if (SessionBytes < limits.MaxUploadBytes)
        {
            return $"Bulk:SessionBytes ({SessionBytes}) must be at least Limits:MaxUploadBytes ({limits.MaxUploadBytes}).";
        }

        return MaxSpoolBytes < StreamReservation
            ? $"Bulk:MaxSpoolBytes ({MaxSpoolBytes}) must be at least twice Bulk:SessionBytes ({SessionBytes})."
            : null;
    }
}
