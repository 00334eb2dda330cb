using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>The memory of what was made, by watermark key and id.</summary>
/// <remarks>
/// It answers with whole records; who may see them is decided where they are shown (<see cref="LedgerFinding"/>). Failures are
/// <see cref="FailureCode.LedgerUnavailable"/> while the database cannot be reached.
/// </remarks>
public interface ILedger
{
    /// <summary>False where nothing is kept, so that finding nothing means nothing.</summary>
    bool IsKept { get; }

    /// <summary>
    /// Keeps a record; when the task ends with null it is safe, and survives a crash. A retry of one item brings the same tenant, key and id
    /// with another file: the file is added to the record that is there, and is no failure.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller went away; the record may be kept or not.</exception>
    ValueTask<Failure?> RecordAsync(LedgerRecord record, CancellationToken cancellationToken);

    /// <summary>
    /// The mark's record, once for each file that was given out under it, the newest first; empty where there is none. Without a key, under
    /// whatever key.
    /// </summary>
    ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindAsync(string? keyId, WatermarkId id, CancellationToken cancellationToken);

    /// <summary>The records of a C2PA manifest, by its URN.</summary>
    ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindManifestAsync(string manifestId, CancellationToken cancellationToken);
}
