using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>The memory of what was made, by watermark key and id.</summary>
public interface ILedger
{
    /// <summary>
    /// Keeps a record; when the task ends it is safe. A retry of one item brings the same tenant, key and id with another file: it adds
    /// its output's hash to the record that is there, and is no error.
    /// </summary>
    ValueTask RecordAsync(LedgerRecord record, CancellationToken cancellationToken);

    /// <summary>The record of this mark as far as the tenant may see it, or null where there is none.</summary>
    ValueTask<LedgerRecord?> FindAsync(string keyId, WatermarkId id, string tenant, CancellationToken cancellationToken);
}
