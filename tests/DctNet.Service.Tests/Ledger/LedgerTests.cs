using System.Data.Common;
using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Ledger;
using DctNet.Service.Options;

namespace DctNet.Service.Tests.Ledger;

/// <summary>The contract of the ledger, on both databases.</summary>
[Collection(PostgresGroup.Name)]
public sealed class LedgerTests(PostgresCluster postgres) : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dctnet-ledger-");

    // A database that hangs fails its own test.
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(3));

    public enum Kind
    {
        Sqlite,
        Postgres,
    }

    public static TheoryData<Kind> Both => [Kind.Sqlite, Kind.Postgres];

    public void Dispose()
    {
        _patience.Dispose();
        _home.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_record_comes_back_as_it_went_in(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        var record = OpenLedger.Record(0xfedcba9876543210, tenant: "Zoë", item: "job/7 𝄞") with
        {
            ParentId = new WatermarkId(3),
            Strength = 0.35f,
            PerceptualHash = new byte[] { 0, 1, 2, 255 },
            ManifestId = "urn:c2pa:1f1f",
            Manifest = new byte[] { 9, 8, 7 },
        };

        Assert.Null(await open.AddAsync(record));

        var found = Assert.Single(await open.FindAsync(0xfedcba9876543210));
        AssertSame(record, found);
        var byManifest = await open.Ledger.FindManifestAsync("urn:c2pa:1f1f", _patience.Token);
        Assert.True(byManifest.TryGet(out var records, out _));
        AssertSame(record, Assert.Single(records));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task What_is_optional_may_be_absent_and_nothing_is_found_under_another_id_or_key(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        Assert.Null(await open.AddAsync(OpenLedger.Record(1)));

        AssertSame(OpenLedger.Record(1), Assert.Single(await open.FindAsync(1)));
        Assert.Empty(await open.FindAsync(2));
        Assert.True((await open.Ledger.FindAsync("ffffffff", new WatermarkId(1), _patience.Token)).TryGet(out var other, out _));
        Assert.Empty(other);
        Assert.True((await open.Ledger.FindManifestAsync("urn:c2pa:none", _patience.Token)).TryGet(out var none, out _));
        Assert.Empty(none);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_retry_adds_its_file_to_the_record_and_the_same_file_adds_nothing(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        var first = OpenLedger.Record(7, item: "a");
        var later = OpenLedger.Record(7, item: "a", output: 2) with { CreatedAt = first.CreatedAt.AddMinutes(5) };

        Assert.Null(await open.AddAsync(first));
        Assert.Null(await open.AddAsync(first));
        Assert.Null(await open.AddAsync(later));
        Assert.Null(await open.AddAsync(later));

        var found = await open.FindAsync(7);
        Assert.Equal([2, 1], found.Select(record => (int)record.OutputSha256.Span[0]));
        Assert.All(found, record => Assert.Equal(first.CreatedAt, record.CreatedAt));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Nobody_can_add_a_file_to_another_tenants_record(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        Assert.Null(await open.AddAsync(OpenLedger.Record(7, tenant: "ana")));

        var refused = await open.AddAsync(OpenLedger.Record(7, tenant: "eve", output: 2));

        Assert.Equal(FailureCode.Internal, refused?.Code);
        Assert.Equal("ana", Assert.Single(await open.FindAsync(7)).Tenant);
    }

    [Fact]
    public async Task A_sweep_that_waits_for_a_retry_leaves_its_record()
    {
        await using var open = await OpenAsync(Kind.Postgres);
        var first = OpenLedger.Record(7);
        var retry = OpenLedger.Record(7, output: 2) with { CreatedAt = first.CreatedAt.AddDays(8) };
        Assert.Null(await open.AddAsync(first));

        await using var connection = await open.Database.OpenWriterAsync(_patience.Token);
        await using var transaction = await connection.BeginTransactionAsync(_patience.Token);
        await using var add = LedgerSql.Add(connection, transaction, retry);
        await add.ExecuteNonQueryAsync(_patience.Token);
        var sweep = open.Maintenance.SweepAsync(first.CreatedAt.AddDays(4), _patience.Token);
        await WaitingAsync(open);
        await transaction.CommitAsync(_patience.Token);

        Assert.Equal(0, await sweep);
        Assert.Equal(2, (await open.FindAsync(7)).Count);
    }

    [Fact]
    public async Task A_retry_that_waits_for_a_sweep_is_put_on_record_anew()
    {
        await using var open = await OpenAsync(Kind.Postgres);
        var first = OpenLedger.Record(7);
        Assert.Null(await open.AddAsync(first));

        await using var connection = await open.Database.OpenWriterAsync(_patience.Token);
        await using var transaction = await connection.BeginTransactionAsync(_patience.Token);
        await using var sweep = LedgerSql.Sweep(connection, first.CreatedAt.AddDays(4));
        sweep.Transaction = transaction;
        Assert.Equal(1, await sweep.ExecuteNonQueryAsync(_patience.Token));
        var retry = Task.Run(() => open.AddAsync(OpenLedger.Record(7, output: 2)), _patience.Token);
        await WaitingAsync(open);
        await transaction.CommitAsync(_patience.Token);

        Assert.Null(await retry);
        Assert.Equal(2, Assert.Single(await open.FindAsync(7)).OutputSha256.Span[0]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Records_that_come_together_share_commits_and_none_is_lost(Kind kind)
    {
        const int Count = 1000;
        await using var open = await OpenAsync(kind, new LedgerOptions { QueueCapacity = 8, CommitTimeoutSeconds = 60 });

        // A capacity of eight and a thousand callers: most of them wait for room.
        var failures = await Task.WhenAll(Enumerable.Range(0, Count).Select(id => Task.Run(() => open.AddAsync(OpenLedger.Record((ulong)id)), _patience.Token)));

        Assert.All(failures, Assert.Null);
        for (ulong id = 0; id < Count; id++)
        {
            Assert.Single(await open.FindAsync(id));
        }
    }

    [Fact]
    public async Task A_record_that_the_database_will_not_have_takes_no_other_with_it()
    {
        await using var open = await OpenAsync(Kind.Postgres);

        // PostgreSQL has no NUL in texts.
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(id =>
            Task.Run(() => open.AddAsync(OpenLedger.Record((ulong)id, item: id == 25 ? "\0" : "fine")), _patience.Token)));

        for (var id = 0; id < results.Length; id++)
        {
            Assert.Equal(id == 25 ? FailureCode.Internal : null, results[id]?.Code);
            Assert.Equal(id == 25 ? 0 : 1, (await open.FindAsync((ulong)id)).Count);
        }
    }

    [Fact]
    public async Task A_database_that_stands_still_fails_calls_in_time_and_they_may_be_said_again()
    {
        await using var open = await OpenAsync(Kind.Sqlite, new LedgerOptions { CommitTimeoutSeconds = 1, QueueCapacity = 2 });
        await using (var blocker = await open.Database.Source.OpenConnectionAsync(_patience.Token))
        {
            await using var block = blocker.CreateCommand();
            block.CommandText = "BEGIN IMMEDIATE";
            await block.ExecuteNonQueryAsync(_patience.Token);

            var late = await Task.WhenAll(Enumerable.Range(0, 8).Select(id => Task.Run(() => open.AddAsync(OpenLedger.Record((ulong)id)), _patience.Token)));

            Assert.All(late, failure => Assert.Equal(FailureCode.LedgerUnavailable, failure?.Code));
            block.CommandText = "ROLLBACK";
            await block.ExecuteNonQueryAsync(_patience.Token);
        }

        for (ulong id = 0; id < 8; id++)
        {
            while (await open.AddAsync(OpenLedger.Record(id)) is not null)
            {
                // The writer may still be at what it could not commit.
            }

            Assert.Single(await open.FindAsync(id));
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Servers_that_start_at_once_on_an_empty_database_all_start(Kind kind)
    {
        var options = await OptionsAsync(kind);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(
            () => LedgerDatabase.Open(options, DataDirectory.Open(_home.FullName)).Dispose(), _patience.Token)));

        await using var open = new OpenLedger(options, _home.FullName, _patience.Token);
        Assert.Null(await open.AddAsync(OpenLedger.Record(1)));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Records_are_erased_by_id_and_by_tenant(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        await open.AddAsync(OpenLedger.Record(1, tenant: "ana"));
        await open.AddAsync(OpenLedger.Record(1, tenant: "ana", output: 2));
        await open.AddAsync(OpenLedger.Record(2, tenant: "ana"));
        await open.AddAsync(OpenLedger.Record(3, tenant: "ben"));

        Assert.Equal(1, await open.Maintenance.EraseAsync(new WatermarkId(1), _patience.Token));
        Assert.Empty(await open.FindAsync(1));
        Assert.Single(await open.FindAsync(2));

        Assert.Equal(1, await open.Maintenance.EraseTenantAsync("ana", _patience.Token));
        Assert.Equal(0, await open.Maintenance.EraseTenantAsync("ana", _patience.Token));
        Assert.Empty(await open.FindAsync(2));
        Assert.Single(await open.FindAsync(3));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Old_records_are_swept_and_younger_ones_stay(Kind kind)
    {
        await using var open = await OpenAsync(kind);
        var day = OpenLedger.Record(0).CreatedAt;
        for (ulong id = 0; id < 10; id++)
        {
            await open.AddAsync(OpenLedger.Record(id) with { CreatedAt = day.AddDays(id) });
        }

        // Made again days later: the file given out then is as young as its own day.
        await open.AddAsync(OpenLedger.Record(1, output: 2) with { CreatedAt = day.AddDays(8) });

        Assert.Equal(3, await open.Maintenance.SweepAsync(day.AddDays(4), _patience.Token));

        for (ulong id = 0; id < 10; id++)
        {
            Assert.Equal(id == 1 ? 2 : id < 4 ? 0 : 1, (await open.FindAsync(id)).Count);
        }

        Assert.Equal(4, await open.Maintenance.SweepAsync(day.AddDays(8), _patience.Token));
        Assert.Equal(2, (await open.FindAsync(1)).Count);

        if (kind == Kind.Sqlite)
        {
            Assert.Equal(0, new FileInfo(Path.Combine(_home.FullName, "ledger.db-wal")).Length);
        }
    }

    [Fact]
    public async Task The_file_is_its_owners_alone_and_keeps_nothing_of_what_was_erased()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        const string Tenant = "a-tenant-like-no-other";
        var files = _home.GetFiles("ledger.db*");
        Assert.Empty(files);
        await using (var open = await OpenAsync(Kind.Sqlite))
        {
            await open.AddAsync(OpenLedger.Record(1, tenant: Tenant));
            Assert.Contains(Tenant, Everything(), StringComparison.Ordinal);
            Assert.All(_home.GetFiles("ledger.db*"), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));

            await open.Maintenance.EraseTenantAsync(Tenant, _patience.Token);
        }

        Assert.DoesNotContain(Tenant, Everything(), StringComparison.Ordinal);

        string Everything() => string.Concat(_home.GetFiles("ledger.db*").Select(file =>
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(stream, System.Text.Encoding.Latin1);
            return text.ReadToEnd();
        }));
    }

    [Fact]
    public async Task An_erasure_waits_for_who_reads_the_state_from_before_and_leaves_nothing_in_the_write_ahead_log()
    {
        await using var open = await OpenAsync(Kind.Sqlite);
        await open.AddAsync(OpenLedger.Record(1));
        Task<int> erasure;
        await using (var reader = await open.Database.Source.OpenConnectionAsync(_patience.Token))
        {
            await using var read = reader.CreateCommand();
            read.CommandText = "BEGIN; SELECT count(*) FROM ledger_record";
            await read.ExecuteScalarAsync(_patience.Token);

            erasure = Task.Run(() => open.Maintenance.EraseAsync(new WatermarkId(1), _patience.Token), _patience.Token);
            while ((await open.FindAsync(1)).Count > 0)
            {
                await Task.Delay(10, _patience.Token);
            }

            read.CommandText = "ROLLBACK";
            await read.ExecuteNonQueryAsync(_patience.Token);
        }

        Assert.Equal(1, await erasure);
        Assert.Equal(0, new FileInfo(Path.Combine(_home.FullName, "ledger.db-wal")).Length);
    }

    [Fact]
    public async Task An_erasure_that_cannot_scrub_says_so_and_can_be_said_again()
    {
        await using var open = await OpenAsync(Kind.Sqlite, new LedgerOptions { CommitTimeoutSeconds = 1 });
        await open.AddAsync(OpenLedger.Record(1));
        await using (var reader = await open.Database.Source.OpenConnectionAsync(_patience.Token))
        {
            await using var read = reader.CreateCommand();
            read.CommandText = "BEGIN; SELECT count(*) FROM ledger_record";
            await read.ExecuteScalarAsync(_patience.Token);

            var problem = await Assert.ThrowsAnyAsync<DbException>(() => open.Maintenance.EraseAsync(new WatermarkId(1), _patience.Token));

            Assert.Contains("erase again", problem.Message, StringComparison.Ordinal);
            Assert.Empty(await open.FindAsync(1));
            read.CommandText = "ROLLBACK";
            await read.ExecuteNonQueryAsync(_patience.Token);
        }

        Assert.Equal(0, await open.Maintenance.EraseAsync(new WatermarkId(1), _patience.Token));
        Assert.Equal(0, new FileInfo(Path.Combine(_home.FullName, "ledger.db-wal")).Length);
    }

    [Theory]
    [InlineData("Host=/nowhere;Username=u;Password=hush;Database=d;Timeout=2", "/nowhere")]
    [InlineData("Hots=h;Password=hush", "PostgresConnectionString")]
    public void A_database_that_cannot_be_used_names_itself_and_no_secret(string connection, string named)
    {
        var exception = Assert.Throws<StartupException>(
            () => LedgerDatabase.Open(new LedgerOptions { PostgresConnectionString = connection }, DataDirectory.Open(_home.FullName)));

        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", exception.ToString(), StringComparison.Ordinal);
    }

    private static void AssertSame(LedgerRecord expected, LedgerRecord actual)
    {
        Assert.Equal(expected.OutputSha256.ToArray(), actual.OutputSha256.ToArray());
        Assert.Equal(expected.PerceptualHash?.ToArray(), actual.PerceptualHash?.ToArray());
        Assert.Equal(expected.Manifest?.ToArray(), actual.Manifest?.ToArray());
        Assert.Equal(
            expected with { OutputSha256 = default, PerceptualHash = null, Manifest = null },
            actual with { OutputSha256 = default, PerceptualHash = null, Manifest = null });
    }

    // Until a statement waits for a lock of another.
    private Task WaitingAsync(OpenLedger open) => Eventually.HoldsAsync(async () =>
    {
        await using var connection = await open.Database.Source.OpenConnectionAsync(_patience.Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        Assert.Equal(1L, await command.ExecuteScalarAsync(_patience.Token));
    });

    private async Task<OpenLedger> OpenAsync(Kind kind, LedgerOptions? options = null) =>
        new(await OptionsAsync(kind, options), _home.FullName, _patience.Token);

    private async Task<LedgerOptions> OptionsAsync(Kind kind, LedgerOptions? options = null)
    {
        options ??= new LedgerOptions { CommitTimeoutSeconds = 60 };
        return kind == Kind.Sqlite ? options : options with { PostgresConnectionString = await postgres.NewDatabaseAsync() };
    }
}
