using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Ledger;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DctNet.Service.Tests.Ledger;

/// <summary>A ledger with its database, in a data directory of its own where it is SQLite.</summary>
internal sealed class OpenLedger : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics()
        .AddSingleton(new Admission(new LimitOptions(), TimeProvider.System)).AddSingleton<ServiceTelemetry>().BuildServiceProvider();

    private readonly CancellationToken _patience;

    public OpenLedger(LedgerOptions options, string home, CancellationToken patience)
    {
        _patience = patience;
        Database = LedgerDatabase.Open(options, DataDirectory.Open(home));
        Ledger = new SqlLedger(
            Database, options, TimeProvider.System, _services.GetRequiredService<ServiceTelemetry>(), NullLogger<SqlLedger>.Instance);
    }

    public LedgerDatabase Database { get; }

    public SqlLedger Ledger { get; }

    public LedgerMaintenance Maintenance => new(Database);

    public static LedgerRecord Record(ulong id, string tenant = "ana", string item = "", byte output = 1) => new()
    {
        WatermarkId = new WatermarkId(id),
        KeyId = "0123abcd",
        CreatedAt = new DateTimeOffset(2026, 11, 24, 12, 0, 0, 250, TimeSpan.Zero),
        Style = "anime",
        Model = "cartoon 1",
        OutputSha256 = Enumerable.Repeat(output, 32).ToArray(),
        Tenant = tenant,
        IdempotencyKey = item,
    };

    /// <summary>The records of an id.</summary>
    public async Task<IReadOnlyList<LedgerRecord>> FindAsync(ulong id)
    {
        var found = await Ledger.FindAsync("0123abcd", new WatermarkId(id), _patience);
        Assert.True(found.TryGet(out var records, out var failure), failure?.Message);
        return records;
    }

    public async Task<Failure?> AddAsync(LedgerRecord record) => await Ledger.RecordAsync(record, _patience);

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
