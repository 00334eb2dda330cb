using System.Diagnostics;
using DctNet.Core.Diagnostics;
using DctNet.Service.Bulk;
using DctNet.Service.Scheduling;
using DctNet.V1;
using Google.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DctNet.Service.Tests.Bulk;

/// <summary>What a server finds in the spool of the one before.</summary>
[Collection(AloneGroup.Name)]
public sealed class BulkRestartTests
{
    /// <summary>After which a test that waits for something gives up; nothing is measured by it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    // One at a time; and on a busy machine the item that lies there in part is no slow caller.
    private static readonly string[] s_patiently =
        ["Bulk:KeepOverRestart=true", "Limits:MaxConcurrentRequests=1", "Limits:MinUploadBytesPerSecond=0"];

    [Fact]
    public async Task Everything_that_was_acknowledged_is_there_again()
    {
        var (directory, session) = await LeaveAsync();
        Assert.All(Directory.GetFiles(directory), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(file)));
        await File.WriteAllTextAsync(Path.Combine(directory, "00000009.part"), "a result that was being written", TestContext.Current.CancellationToken);

        await using var server = await TestServer.StartAsync(s_patiently);
        using var call = await BulkCall.StartAsync(server, session);

        Assert.False(call.Started.ResumeFailed);
        Assert.Equal(["0", "1", "2", "part"], call.Held.Select(item => item.ItemId).Order());
        Assert.Equal(100UL, call.Held.Single(item => item.ItemId == "part").CommittedBytes);
        var results = new HashSet<string>();
        while (results.Count < 3)
        {
            var (id, _, _) = await call.ResultAsync();
            Assert.True(results.Add(id));
            await call.ConfirmAsync(id);
        }

        await call.CancelAsync("part");
        await call.StatusAsync("part");
        await call.ConfirmAsync("part");
        await call.CloseAsync();
        while (await call.HasNextAsync())
        {
        }

        UntilGone(directory);
    }

    // As after a loss of power that undid the deletion of a former try.
    [Fact]
    public async Task An_item_that_is_there_twice_is_one_and_the_server_starts()
    {
        var (directory, session) = await LeaveAsync();
        var last = Directory.GetFiles(directory).Order(StringComparer.Ordinal).Last(file => !file.EndsWith(SessionFiles.AboutName, StringComparison.Ordinal));
        File.Copy(last, Path.Combine(directory, "0000000f" + Path.GetExtension(last)));

        await using var server = await TestServer.StartAsync(s_patiently);
        using var call = await BulkCall.StartAsync(server, session);

        Assert.Equal(["0", "1", "2", "part"], call.Held.Select(item => item.ItemId).Order());
        Assert.False(File.Exists(last));
    }

    [Fact]
    public async Task A_session_whose_time_is_over_is_deleted()
    {
        var (directory, session) = await LeaveAsync();
        File.SetLastWriteTimeUtc(Path.Combine(directory, SessionFiles.AboutName), DateTime.UtcNow.AddHours(-2));
        await using var server = await TestServer.StartAsync(s_patiently);
        var sessions = server.Services.GetRequiredService<BulkSessions>();
        Assert.NotNull(sessions.FindFor(session, "anonymous"));

        sessions.Expire();

        Assert.Null(sessions.FindFor(session, "anonymous"));
        UntilGone(directory);
    }

    [Fact]
    public async Task A_session_that_is_in_use_outlives_a_crash()
    {
        await using var server = await TestServer.StartAsync(s_patiently);
        using var call = await BulkCall.StartAsync(server);
        await call.OpenAsync("a", BulkCall.Picture(1));
        await call.UntilStateAsync("a", BulkItemState.Receiving);
        var about = Path.Combine(server.Services.GetRequiredService<Spool>().PathOf(call.Started.SessionId), SessionFiles.AboutName);
        var longAgo = DateTime.UtcNow.AddHours(-2);
        File.SetLastWriteTimeUtc(about, longAgo);

        server.Services.GetRequiredService<BulkSessions>().Expire();

        Assert.True(File.GetLastWriteTimeUtc(about) > longAgo.AddHours(1));
    }

    [Fact]
    public async Task A_session_that_cannot_be_read_is_left_and_the_others_are_there()
    {
        var (directory, session) = await LeaveAsync();
        var bad = Path.Combine(Path.GetDirectoryName(directory)!, "bad");
        await using (var server = await TestServer.StartAsync(s_patiently))
        {
            // A tenant's name that does not end.
            Directory.CreateDirectory(bad);
            SpoolFile.Create(Path.Combine(bad, SessionFiles.AboutName), server.Services.GetRequiredService<Spool>().Key, [9]).Seal();
        }

        try
        {
            await using var server = await TestServer.StartAsync(s_patiently);

            Assert.NotNull(server.Services.GetRequiredService<BulkSessions>().FindFor(session, "anonymous"));
            Assert.True(Directory.Exists(bad));
        }
        finally
        {
            Directory.Delete(bad, recursive: true);
        }
    }

    [Fact]
    public async Task What_processes_that_never_come_back_have_left_is_deleted_too()
    {
        await using var server = await TestServer.StartAsync(s_patiently);
        var places = Path.GetDirectoryName(server.Services.GetRequiredService<Spool>().Root)!;
        var (old, recent, held) = (Session("server-200", "old"), Session("server-200", "recent"), Session("embedded-200", "held"));
        File.SetLastWriteTimeUtc(Path.Combine(recent, SessionFiles.AboutName), DateTime.UtcNow);
        using (new FileStream(Path.Combine(places, "embedded-200", "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            server.Services.GetRequiredService<BulkSessions>().Expire();

            Assert.Equal((false, true, true), (Directory.Exists(old), Directory.Exists(recent), Directory.Exists(held)));
        }

        Directory.Delete(Path.Combine(places, "server-200"), recursive: true);
        Directory.Delete(Path.Combine(places, "embedded-200"), recursive: true);

        string Session(string place, string name)
        {
            var path = Directory.CreateDirectory(Path.Combine(places, place, name)).FullName;
            File.WriteAllBytes(Path.Combine(path, SessionFiles.AboutName), []);
            File.SetLastWriteTimeUtc(Path.Combine(path, SessionFiles.AboutName), DateTime.UtcNow.AddHours(-2));
            return path;
        }
    }

    [Fact]
    public async Task A_session_is_its_tenants_alone()
    {
        var (_, session) = await LeaveAsync();
        await using var server = await TestServer.StartAsync(s_patiently);

        var sessions = server.Services.GetRequiredService<BulkSessions>();
        Assert.NotNull(sessions.FindFor(session, "anonymous"));
        Assert.Null(sessions.FindFor(session, "another"));
    }

    [Fact]
    public async Task An_item_that_has_killed_server_after_server_is_left_alone()
    {
        var (directory, session) = await LeaveAsync();
        foreach (var input in Directory.GetFiles(directory, "*.in"))
        {
            File.Move(input, Path.ChangeExtension(input, ".5.in"));
        }

        await using var server = await TestServer.StartAsync(s_patiently);
        using var call = await BulkCall.StartAsync(server, session);

        var spooled = call.Held.Last(item => item.State is BulkItemState.Spooled or BulkItemState.Failed);
        Assert.Equal("INTERNAL", (await call.StatusAsync(spooled.ItemId)).GetDetail<ErrorInfo>()!.Reason);
    }

    [Fact]
    public async Task A_server_that_stops_in_order_has_not_died_of_an_item()
    {
        var (directory, _) = await LeaveAsync();
        var inputs = Directory.GetFiles(directory, "*.in").Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(3, inputs.Length);

        // Whatever is drawn waits at the beginning of its inference until the server stops.
        using var stops = new ManualResetEventSlim();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => _ = activity.OperationName == "infer" && stops.Wait(s_patience),
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await TestServer.StartAsync(s_patiently);
        await Eventually.HoldsAsync(() => Assert.Single(Directory.GetFiles(directory, "*.1.in")));

        // The host says it to each of its services, one after the other; these have heard it when this returns.
        var workers = server.Services.GetServices<IHostedService>().OfType<BulkWorkers>().Single();
        var stopping = workers.StopAsync(CancellationToken.None);
        stops.Set();
        await stopping.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await server.StopAsync();

        Assert.Equal(inputs, Directory.GetFiles(directory, "*.in").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_spool_that_is_not_to_be_kept_is_emptied()
    {
        var (directory, session) = await LeaveAsync();
        await using var server = await TestServer.StartAsync([.. s_patiently, "Bulk:KeepOverRestart=false"]);
        using var call = await BulkCall.StartAsync(server, session);

        Assert.True(call.Started.ResumeFailed);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_spool_of_another_key_is_emptied()
    {
        var (directory, _) = await LeaveAsync();
        var key = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(key, Convert.ToBase64String(new byte[32]), TestContext.Current.CancellationToken);
            await using var server = await TestServer.StartAsync([.. s_patiently, $"Bulk:KeyFile={key}"]);
            Assert.False(Directory.Exists(directory));

            await File.WriteAllTextAsync(key, "c2VjcmV0", TestContext.Current.CancellationToken);
            var error = await Assert.ThrowsAsync<StartupException>(() => TestServer.StartAsync($"Bulk:KeyFile={key}"));
            Assert.DoesNotContain("c2VjcmV0", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(key);
        }
    }

    // A worker may be at one of its items.
    private static void UntilGone(string directory) =>
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(directory), TimeSpan.FromMinutes(1)));

    private static UnixFileMode Mode(string file) =>
        OperatingSystem.IsWindows() ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(file);

    /// <summary>A server that is gone, with one item drawn, two spooled and a part of a fourth.</summary>
    private static async Task<(string Directory, string Session)> LeaveAsync()
    {
        await using var server = await TestServer.StartAsync(s_patiently);
        using var call = await BulkCall.StartAsync(server);
        await call.OpenAsync("part", BulkCall.Picture(9));
        await call.ChunkAsync("part", BulkCall.Picture(9)[..100]);
        await call.SendWholeAsync("0", BulkCall.Picture(0, side: 400));
        await call.ResultAsync();

        // The only place is taken until the server ends: nothing more is drawn.
        var work = new Work(Lane.Interactive, DecodedBytes: 0, DateTime.MaxValue);
        await server.Services.GetRequiredService<Admission>().WaitForPlaceAsync(work, TestContext.Current.CancellationToken);
        for (var i = 1; i < 3; i++)
        {
            await call.SendWholeAsync($"{i}", BulkCall.Picture(i, side: 400));
        }

        await call.UntilStateAsync("2", BulkItemState.Spooled);
        var directory = server.Services.GetRequiredService<Spool>().PathOf(call.Started.SessionId);
        Assert.DoesNotContain(call.Started.SessionId, directory, StringComparison.OrdinalIgnoreCase);
        return (directory, call.Started.SessionId);
    }
}
