using DctNet.Core.Provenance;
using DctNet.Core.Tests.Inference;
using DctNet.Core.Watermark;
using DctNet.Service.Ledger;
using DctNet.Service.Options;
using DctNet.Service.Tests.Bulk;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using ContentMatch = DctNet.V1.ContentMatch;
using LedgerState = DctNet.V1.LedgerState;

namespace DctNet.Service.Tests.Ledger;

/// <summary>The ledger as callers of the service meet it.</summary>
[Collection(PostgresGroup.Name)]
public sealed class LedgerServerTests(PostgresCluster postgres) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dctnet-ledger-");

    private string DatabaseFile => Path.Combine(_home.FullName, "ledger.db");

    public void Dispose() => _home.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(LedgerTests.Both), MemberType = typeof(LedgerTests))]
    public async Task An_output_is_on_record_when_it_has_arrived(LedgerTests.Kind kind)
    {
        var database = kind == LedgerTests.Kind.Postgres ? $"PostgresConnectionString={await postgres.NewDatabaseAsync()}" : $"File={DatabaseFile}";
        await using var server = await TestServer.StartAsync($"Ledger:{database}");
        var (header, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 }, "order 1");

        var verified = await server.VerifyAsync(file);

        Assert.Equal(Verdict.Verified, verified.Verdict);
        Assert.Equal((LedgerState.Found, true, ContentMatch.Matches), (verified.Ledger.State, verified.Ledger.Found, verified.Ledger.Content));
        Assert.Equal(("DctNet.Grpc", header.Style, header.Models[0]), (verified.Ledger.System, verified.Ledger.Style, verified.Ledger.Model));
        Assert.Equal(1, verified.Ledger.Strength);
        Assert.NotNull(verified.Ledger.CreatedAt);
        Assert.True(verified.Ledger.Manifest.IsEmpty);

        // A retry of the same item gives another file under the same id, and both are on record.
        var (again, other) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 }, "order 1");
        Assert.Equal(header.Watermark.Id, again.Watermark.Id);
        Assert.NotEqual(file, other);
        Assert.Equal(ContentMatch.Matches, (await server.VerifyAsync(file)).Ledger.Content);
        Assert.Equal(ContentMatch.Matches, (await server.VerifyAsync(other)).Ledger.Content);
    }

    [Fact]
    public async Task A_picture_without_a_mark_is_not_said_to_be_missing_from_the_ledger()
    {
        await using var server = await TestServer.StartAsync($"Ledger:File={DatabaseFile}");

        var verified = await server.VerifyAsync(TestEnvironment.Sample);

        Assert.Equal((Verdict.None, LedgerState.NotAsked), (verified.Verdict, verified.Ledger.State));
    }

    [Fact]
    public async Task Without_a_ledger_a_mark_is_a_claim()
    {
        await using var server = await TestServer.StartAsync("Ledger:Enabled=false", "C2pa:Enabled=false");
        var (_, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 });

        var verified = await server.VerifyAsync(file);

        Assert.Equal((Verdict.Claimed, LedgerState.NotKept, true), (verified.Verdict, verified.Ledger.State, verified.Watermark.Found));
    }

    [Fact]
    public async Task Another_tenants_picture_is_known_to_exist_and_no_more()
    {
        await using var server = await TestServer.StartAsync($"Ledger:File={DatabaseFile}");
        var file = await MarkedForAsync(server, "ben");

        var verified = await VerifyWithManifestAsync(server, file);

        Assert.Equal((LedgerState.Found, ContentMatch.Matches), (verified.Ledger.State, verified.Ledger.Content));
        Assert.Equal("DctNet.Grpc", verified.Ledger.System);
        Assert.Equal(("", "", ""), (verified.Ledger.Style, verified.Ledger.Model, verified.Ledger.ParentId));
        Assert.Equal((true, false), (verified.Ledger.Manifest.IsEmpty, verified.Ledger.HasStrength));
        Assert.Equal(DetectionStep.Unspecified, verified.Watermark.Step);
    }

    [Fact]
    public async Task The_manifest_comes_back_to_its_tenant_who_asks_for_it()
    {
        await using var server = await TestServer.StartAsync($"Ledger:File={DatabaseFile}");
        var file = await MarkedForAsync(server, "anonymous");

        Assert.Equal([9, 8, 7], (await VerifyWithManifestAsync(server, file)).Ledger.Manifest.ToByteArray());
        Assert.True((await server.VerifyAsync(file)).Ledger.Manifest.IsEmpty);
    }

    [Fact]
    public async Task No_result_leaves_before_it_is_on_record()
    {
        // By a clock that moves when the test says so, a busy machine is never late.
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(
            time,
            $"Ledger:File={DatabaseFile}",
            "Ledger:CommitTimeoutSeconds=1",
            "Limits:IdleTimeoutSeconds=3600",
            "Limits:MaxUploadSeconds=3600",
            "Limits:MinUploadBytesPerSecond=0");
        await using var other = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync("BEGIN IMMEDIATE");
        using var call = new CartoonService.CartoonServiceClient(server.Channel).Cartoonize(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new CartoonizeRequest { Header = new CartoonizeHeader() }, TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(
            new CartoonizeRequest { Chunk = ByteString.CopyFrom(BulkCall.Picture(1, side: 320)) }, TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();

        // The answer's first message is the failure: nothing of the file has come.
        var refused = RpcAssert.FailsAsync(
            StatusCode.Unavailable, "LEDGER_UNAVAILABLE", () => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await time.PassUntilAsync(refused.WaitAsync(s_patience, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        await ExecuteAsync("ROLLBACK");
        var (_, file) = await server.CartoonizeAsync(BulkCall.Picture(1, side: 320));
        Assert.Equal(LedgerState.Found, (await server.VerifyAsync(file)).Ledger.State);

        async Task ExecuteAsync(string sql)
        {
            await using var command = other.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_to_wait()
    {
        await using var server = await TestServer.StartAsync($"Ledger:File={DatabaseFile}", "Limits:VerificationsPerMinute=2");

        // A small picture, and however slow the machine is: half a minute brings another turn, and a hundred questions do not take an hour.
        var (picture, answered) = (BulkCall.Picture(1), 0);
        var status = await RpcAssert.FailsAsync(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", async () =>
        {
            for (; answered < 100; answered++)
            {
                await server.VerifyAsync(picture);
            }
        });

        Assert.InRange(answered, 2, 99);
        Assert.NotNull(status.GetDetail<Google.Rpc.RetryInfo>());
    }

    [Fact]
    public async Task Old_records_go_when_a_server_with_a_retention_starts()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var options = new LedgerOptions { File = DatabaseFile };
        await using var open = new OpenLedger(options, _home.FullName, patience.Token);
        await open.AddAsync(OpenLedger.Record(1) with { CreatedAt = DateTimeOffset.UnixEpoch });
        await open.AddAsync(OpenLedger.Record(2) with { CreatedAt = DateTimeOffset.UtcNow });

        await using var server = await TestServer.StartAsync($"Ledger:File={DatabaseFile}", "Ledger:RetentionDays=30");

        while ((await open.FindAsync(1)).Count > 0)
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.Single(await open.FindAsync(2));
    }

    /// <summary>A picture with a mark of the server's key, on record for a tenant.</summary>
    private static async Task<byte[]> MarkedForAsync(TestServer server, string tenant)
    {
        var (header, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 });
        var ledger = server.Services.GetRequiredService<ILedger>();
        Assert.True(WatermarkId.TryParse(header.Watermark.Id, out var id));
        var found = await ledger.FindAsync(header.Watermark.KeyId, id, TestContext.Current.CancellationToken);
        Assert.True(found.TryGet(out var records, out _));
        var record = Assert.Single(records);

        // There is one tenant as yet, so the record is made another's by erasing it and saying it again.
        await new LedgerMaintenance(server.Services.GetRequiredService<LedgerDatabase>()).EraseAsync(id, TestContext.Current.CancellationToken);
        Assert.Null(await ledger.RecordAsync(
            record with { Tenant = tenant, Manifest = new byte[] { 9, 8, 7 }, ManifestId = $"urn:c2pa:{tenant}" }, TestContext.Current.CancellationToken));
        return file;
    }

    private static async Task<VerifyResponse> VerifyWithManifestAsync(TestServer server, byte[] picture)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var call = new ProvenanceService.ProvenanceServiceClient(server.Channel).Verify(cancellationToken: cancellation);
        await call.RequestStream.WriteAsync(new VerifyRequest { Header = new VerifyHeader { IncludeManifest = true } }, cancellation);
        await call.RequestStream.WriteAsync(new VerifyRequest { Chunk = ByteString.CopyFrom(picture) }, cancellation);
        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }
}
