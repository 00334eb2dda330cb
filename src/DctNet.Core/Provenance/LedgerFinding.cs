using System.Security.Cryptography;
using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>What the ledger says of a picture, as far as the one who asks may know it.</summary>
/// <param name="State">Whether the mark is on record.</param>
/// <param name="Content">Whether the picture is the one on record.</param>
/// <param name="CreatedAt">When it was made; null where it is not on record.</param>
/// <param name="Own">The record of the file, or of the newest one; null for everybody but the tenant for whom it was made.</param>
/// <param name="Manifest">The file's C2PA manifest store; null where there is none, or not for the one who asks.</param>
public sealed record LedgerFinding(
    LedgerState State,
    ContentMatch Content = ContentMatch.Unknown,
    DateTimeOffset? CreatedAt = null,
    LedgerRecord? Own = null,
    ReadOnlyMemory<byte>? Manifest = null)
{
    /// <param name="records">All files on record under the mark, the newest first.</param>
    /// <param name="file">The picture's file.</param>
    /// <param name="compare">Whether the picture looks like a record's.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="publicManifests">Whether manifests are for everybody.</param>
    internal static LedgerFinding From(
        IReadOnlyList<LedgerRecord> records, ReadOnlySpan<byte> file, Func<LedgerRecord, ContentMatch> compare, string tenant, bool publicManifests)
    {
        if (records.Count == 0)
        {
            return new LedgerFinding(LedgerState.NotFound);
        }

        var sha256 = SHA256.HashData(file);
        var same = records.FirstOrDefault(record => record.OutputSha256.Span.SequenceEqual(sha256));
        var record = same ?? records[0];
        var own = record.Tenant == tenant;
        return new LedgerFinding(
            LedgerState.Found,
            same is null ? compare(record) : ContentMatch.Matches,
            record.CreatedAt,
            own ? record : null,
            own || publicManifests ? record.Manifest : null);
    }
}
