using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>Keeps nothing and finds nothing: the default while no ledger is configured.</summary>
public sealed class NullLedger : ILedger
{
    private NullLedger()
    {
    }

    public static NullLedger Instance { get; } = new();

    public ValueTask RecordAsync(LedgerRecord record, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<LedgerRecord?> FindAsync(string keyId, WatermarkId id, string tenant, CancellationToken cancellationToken) =>
        new((LedgerRecord?)null);
}
