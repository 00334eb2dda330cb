using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>Keeps nothing and finds nothing: where the ledger is switched off.</summary>
public sealed class NullLedger : ILedger
{
    private static readonly Outcome<IReadOnlyList<LedgerRecord>> s_nothing = Array.Empty<LedgerRecord>();

    private NullLedger()
    {
    }

    public static NullLedger Instance { get; } = new();

    public bool IsKept => false;

    public ValueTask<Failure?> RecordAsync(LedgerRecord record, CancellationToken cancellationToken) => new((Failure?)null);

    public ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindAsync(
        string? keyId, WatermarkId id, CancellationToken cancellationToken) => new(s_nothing);

    public ValueTask<Outcome<IReadOnlyList<LedgerRecord>>> FindManifestAsync(
        string manifestId, CancellationToken cancellationToken) => new(s_nothing);
}
