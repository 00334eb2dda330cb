using DctNet.Service.Bulk;
using DctNet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests.Bulk;

/// <summary>The wire of CartoonizeBulk on one instance: what it promises, and what it does with callers who break its rules.</summary>
public sealed class BulkStreamTests(BulkStreamTests.SmallServer server) : IClassFixture<BulkStreamTests.SmallServer>
{
    private const int SessionBytes = 1 << 20;

    private TestServer Server => server.Server;

    [Fact]
    public async Task Items_come_back_marked_done_and_their_credits_with_them()
    {
        using var call = await BulkCall.StartAsync(Server, options: new CartoonizeOptions { Format = ImageFormat.Jpeg });
        var sent = Enumerable.Range(0, 4).ToDictionary(i => $"item {i}", i => BulkCall.Picture(i));
        foreach (var (id, file) in sent)
        {
            await call.SendWholeAsync(id, file, id == "item 3" ? new CartoonizeOptions { Format = ImageFormat.Webp } : null);
        }

        var ids = new HashSet<string>();
        for (var i = 0; i < sent.Count; i++)
        {
            var (id, header, _) = await call.ResultAsync();
            Assert.Equal(id == "item 3" ? ImageFormat.Webp : ImageFormat.Jpeg, header.Format);
            Assert.True(ids.Add(header.Watermark.Id));
            await call.ConfirmAsync(id);
        }

        await call.CloseAsync();
        while (await call.HasNextAsync())
        {
        }

        Assert.Equal(sent.Keys.Order(), call.Done.Order());
        Assert.Equal((4U, (ulong)sent.Values.Sum(file => file.Length)), (call.Credits.Items, call.Credits.Bytes));
    }

    [Fact]
    public async Task A_cut_loses_nothing_that_was_acknowledged()
    {
        var (whole, part, ready) = (BulkCall.Picture(1), BulkCall.Picture(2, side: 200), BulkCall.Picture(3));
        string session;
        using (var cut = await BulkCall.StartAsync(Server))
        {
            session = cut.Started.SessionId;
            await cut.SendWholeAsync("ready", ready);
            await cut.ResultAsync();
            await cut.OpenAsync("part", part);
            await cut.ChunkAsync("part", part[..50_000]);
            await cut.UntilAsync(m => m.Progress is { ItemId: "part", CommittedBytes: 50_000 });
            await cut.SendWholeAsync("whole", whole);
            await cut.UntilAsync(m => m.Progress is { ItemId: "whole", State: >= BulkItemState.Spooled });
        }

        using var resumed = await BulkCall.StartAsync(Server, session);

        Assert.Equal((session, false), (resumed.Started.SessionId, resumed.Started.ResumeFailed));
        Assert.Equal(["part", "ready", "whole"], resumed.Held.Select(item => item.ItemId).Order());
        Assert.Equal(1U, resumed.Started.Credits.Items);
        var going = Assert.Single(resumed.Held, item => item.ItemId == "part");
        Assert.Equal((BulkItemState.Receiving, 50_000UL), (going.State, going.CommittedBytes));
        await resumed.ChunkAsync("part", part[50_000..], 50_000);
        await resumed.FinishAsync("part");
        var results = new HashSet<string>();
        while (results.Count < 3)
        {
            results.Add((await resumed.ResultAsync()).Id);
        }

        Assert.Equal(["part", "ready", "whole"], results.Order());
    }

    [Fact]
    public async Task One_key_gives_one_watermark_id_whatever_session_brings_it()
    {
        var picture = BulkCall.Picture(4);
        var ids = new HashSet<string>();
        for (var round = 0; round < 2; round++)
        {
            using var call = await BulkCall.StartAsync(Server, scope: "job");
            await call.SendWholeAsync("a", picture);
            ids.Add((await call.ResultAsync()).Header.Watermark.Id);
        }

        using var other = await BulkCall.StartAsync(Server, scope: "another job");
        await other.SendWholeAsync("a", picture);
        Assert.DoesNotContain((await other.ResultAsync()).Header.Watermark.Id, ids);
        Assert.Single(ids);
    }

    [Fact]
    public async Task A_session_that_is_not_held_is_begun_anew_and_said_so()
    {
        using var call = await BulkCall.StartAsync(Server, "of another replica");

        Assert.True(call.Started.ResumeFailed);
        Assert.NotEqual("of another replica", call.Started.SessionId);
        Assert.Empty(call.Held);
    }

    [Fact]
    public async Task A_session_goes_to_the_stream_that_asks_last()
    {
        using var first = await BulkCall.StartAsync(Server);
        await first.OpenAsync("a", BulkCall.Picture(5));
        await first.UntilStateAsync("a", BulkItemState.Receiving);

        using var second = await BulkCall.StartAsync(Server, first.Started.SessionId);

        Assert.Equal("a", Assert.Single(second.Held).ItemId);
        await first.FailsAsync(StatusCode.InvalidArgument, "PROTOCOL_VIOLATION");
    }

    [Fact]
    public async Task What_is_sent_twice_counts_once()
    {
        var picture = BulkCall.Picture(6);
        using var call = await BulkCall.StartAsync(Server);
        await call.OpenAsync("a", picture);
        await call.ChunkAsync("a", picture[..1000]);
        await call.OpenAsync("a", picture);
        await call.ChunkAsync("a", picture[..1000]);
        await call.ChunkAsync("a", picture[1000..], 1000);
        await call.FinishAsync("a");
        await call.FinishAsync("a");

        Assert.Equal("a", (await call.ResultAsync()).Id);

        await call.ConfirmAsync("a");
        await call.ConfirmAsync("a");
        await call.UntilStateAsync("a", BulkItemState.Done);
        await call.CloseAsync();
        while (await call.HasNextAsync())
        {
        }
    }

    [Fact]
    public async Task Bytes_come_back_into_the_window_however_an_item_ends()
    {
        using var call = await BulkCall.StartAsync(Server);
        Assert.Equal((4U, (ulong)SessionBytes), (call.Started.Credits.Items, call.Started.Credits.Bytes));
        var file = new byte[60_000];

        // More than the window in all, by an item that is cancelled and one that is no picture.
        for (var round = 0; round < 10; round++)
        {
            await call.OpenAsync("cancelled", file);
            await call.ChunkAsync("cancelled", file);
            await call.CancelAsync("cancelled");
            Assert.Equal((int)Code.Cancelled, (await call.StatusAsync("cancelled")).Code);
            await call.ConfirmAsync("cancelled");
            await call.SendWholeAsync("wrong", file);
            Assert.Equal("UNSUPPORTED_FORMAT", Reason(await call.StatusAsync("wrong")));
            await call.ConfirmAsync("wrong");
        }
    }

    public static TheoryData<string, string> WrongItems => new()
    {
        { "offset", "PROTOCOL_VIOLATION" },
        { "chunk checksum", "CHECKSUM_MISMATCH" },
        { "file checksum", "CHECKSUM_MISMATCH" },
        { "too short", "CORRUPT_IMAGE" },
        { "too long", "PROTOCOL_VIOLATION" },
        { "too large", "UPLOAD_TOO_LARGE" },
        { "empty", "EMPTY_INPUT" },
        { "empty chunk", "PROTOCOL_VIOLATION" },
        { "large chunk", "PROTOCOL_VIOLATION" },
        { "tiny chunks", "PROTOCOL_VIOLATION" },
        { "no checksum", "INVALID_OPTION" },
        { "style", "UNKNOWN_STYLE" },
        { "long style", "INVALID_OPTION" },
        { "no picture", "UNSUPPORTED_FORMAT" },
    };

    [Theory]
    [MemberData(nameof(WrongItems))]
    public async Task A_wrong_item_ends_by_itself_and_the_stream_goes_on(string what, string reason)
    {
        var file = BulkCall.Picture(7);
        using var call = await BulkCall.StartAsync(Server);
        await SendWrongAsync(call, what, file);

        var status = await call.StatusAsync("wrong");

        Assert.Equal(reason, Reason(status));
        await call.ConfirmAsync("wrong");
        await call.SendWholeAsync("right", file);
        Assert.Equal("right", (await call.ResultAsync()).Id);
    }

    public static TheoryData<string, string> WrongStreams => new()
    {
        { "no start", "PROTOCOL_VIOLATION" },
        { "second start", "PROTOCOL_VIOLATION" },
        { "empty message", "PROTOCOL_VIOLATION" },
        { "chunk of nothing", "PROTOCOL_VIOLATION" },
        { "finish of nothing", "PROTOCOL_VIOLATION" },
        { "cancel of nothing", "PROTOCOL_VIOLATION" },
        { "long id", "PROTOCOL_VIOLATION" },
        { "no id", "PROTOCOL_VIOLATION" },
        { "id with U+0000", "PROTOCOL_VIOLATION" },
        { "huge announcement", "PROTOCOL_VIOLATION" },
        { "early confirmation", "PROTOCOL_VIOLATION" },
        { "flood of items", "PROTOCOL_VIOLATION" },
        { "flood of items that are confirmed and never heard of", "PROTOCOL_VIOLATION" },
        { "flood of bytes", "PROTOCOL_VIOLATION" },
        { "long scope", "INVALID_OPTION" },
        { "scope with U+0000", "INVALID_OPTION" },
        { "default style", "UNKNOWN_STYLE" },
    };

    [Theory]
    [MemberData(nameof(WrongStreams))]
    public async Task A_caller_who_breaks_the_rules_is_told_and_ended(string what, string reason)
    {
        using var call = what is "no start" or "long scope" or "scope with U+0000" or "default style" ? BulkCall.Bare(Server) : await BulkCall.StartAsync(Server);
        await call.SendInVainAsync(() => BreakAsync(call, what));

        await call.FailsAsync(StatusCode.InvalidArgument, reason);
    }

    [Fact]
    public async Task A_caller_who_confirms_nothing_and_closes_is_not_waited_for()
    {
        // One result is as much as this session may have to be fetched.
        await using var tiny = await TestServer.StartAsync("Bulk:SessionBytes=4000", "Limits:MaxUploadBytes=4000");
        using var call = await BulkCall.StartAsync(tiny);
        await call.SendWholeAsync("drawn", BulkCall.Picture(10));
        await call.ResultAsync();
        await call.SendWholeAsync("held up", BulkCall.Picture(11));
        await call.CloseAsync();

        var last = BulkItemState.Unspecified;
        while (await call.HasNextAsync())
        {
            last = call.Current.Progress?.State ?? last;
        }

        Assert.Equal(BulkItemState.Spooled, last);
    }

    [Fact]
    public async Task A_result_that_the_disk_does_not_take_is_refused_for_now_and_leaves_nothing()
    {
        using var call = await BulkCall.StartAsync(Server);
        var directory = Server.Services.GetRequiredService<Spool>().PathOf(call.Started.SessionId);
        Directory.CreateDirectory(Path.Combine(directory, "00000001.out"));
        await call.SendWholeAsync("a", BulkCall.Picture(12));

        Assert.Equal("OVERLOADED", Reason(await call.StatusAsync("a")));

        Assert.Empty(Directory.GetFiles(directory, "*.part"));
        await call.ConfirmAsync("a");
        await call.SendWholeAsync("a", BulkCall.Picture(12));
        Assert.Equal("a", (await call.ResultAsync()).Id);
    }

    [Fact]
    public async Task The_session_can_be_looked_at_page_by_page()
    {
        using var call = await BulkCall.StartAsync(Server);
        foreach (var id in new[] { "c", "a", "b" })
        {
            await call.OpenAsync(id, BulkCall.Picture(8));
            await call.UntilStateAsync(id, BulkItemState.Receiving);
        }

        var client = new CartoonService.CartoonServiceClient(Server.Channel);
        var request = new GetBulkSessionRequest { SessionId = call.Started.SessionId, PageSize = 2 };
        var first = await client.GetBulkSessionAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        request.PageToken = first.NextPageToken;
        var second = await client.GetBulkSessionAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        var unknown = await client.GetBulkSessionAsync(
            new GetBulkSessionRequest { SessionId = "x" }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(call.Started.InstanceId, first.InstanceId);
        Assert.Equal(["a", "b"], first.Items.Select(item => item.ItemId));
        Assert.Equal(["c"], second.Items.Select(item => item.ItemId));
        Assert.Empty(second.NextPageToken);
        Assert.Empty(unknown.Items);
    }

    private static string Reason(Google.Rpc.Status status) => status.GetDetail<ErrorInfo>()!.Reason;

    private static async Task SendWrongAsync(BulkCall call, string what, byte[] file)
    {
        var open = new BulkItemOpen
        {
            ItemId = "wrong",
            TotalBytes = what switch { "too large" => 1UL << 40, "empty" => 0, _ => (ulong)file.Length },
            Sha256 = what == "no checksum" ? ByteString.Empty : ByteString.CopyFrom(
                System.Security.Cryptography.SHA256.HashData(what == "file checksum" ? [1] : file)),
            Options = new CartoonizeOptions { Style = what switch { "style" => "cubism", "long style" => new string('a', 1000), _ => "" } },
        };
        if (what == "no picture")
        {
            await call.SendWholeAsync("wrong", new byte[5000]);
            return;
        }

        await call.SendAsync(new() { Open = open });
        switch (what)
        {
            case "offset":
                await call.ChunkAsync("wrong", file[10..], 10);
                break;
            case "chunk checksum":
                await call.ChunkAsync("wrong", file, damage: 1);
                break;
            case "file checksum":
                await call.ChunkAsync("wrong", file);
                await call.FinishAsync("wrong");
                break;
            case "too short":
                await call.ChunkAsync("wrong", file[..^1]);
                await call.FinishAsync("wrong");
                break;
            case "too long":
                await call.ChunkAsync("wrong", [.. file, 0]);
                break;
            case "empty chunk":
                // At an offset that is not committed yet, or it would only be a repetition.
                await call.ChunkAsync("wrong", [], 1);
                break;
            case "large chunk":
                await call.ChunkAsync("wrong", new byte[100_000]);
                break;
            case "tiny chunks":
                for (var i = 0; i < 100; i++)
                {
                    await call.ChunkAsync("wrong", file[i..(i + 1)], i);
                }

                break;
        }
    }

    private static async Task BreakAsync(BulkCall call, string what)
    {
        switch (what)
        {
            case "no start":
                await call.OpenAsync("a", [1]);
                break;
            case "long scope":
                await call.SendAsync(new() { Start = new BulkStart { IdempotencyScope = new string('a', 129) } });
                break;
            case "scope with U+0000":
                await call.SendAsync(new() { Start = new BulkStart { IdempotencyScope = "a\0" } });
                break;
            case "default style":
                await call.SendAsync(new() { Start = new BulkStart { DefaultOptions = new CartoonizeOptions { Style = "cubism" } } });
                break;
            case "second start":
                await call.SendAsync(new() { Start = new BulkStart() });
                break;
            case "empty message":
                await call.SendAsync(new());
                break;
            case "chunk of nothing":
                await call.ChunkAsync("a", [1]);
                break;
            case "finish of nothing":
                await call.FinishAsync("a");
                break;
            case "cancel of nothing":
                await call.CancelAsync("a");
                break;
            case "long id":
                await call.OpenAsync(new string('a', 129), [1]);
                break;
            case "no id":
                await call.OpenAsync("", [1]);
                break;
            case "id with U+0000":
                await call.OpenAsync("a\0", [1]);
                break;
            case "huge announcement":
                await call.OpenAsync("a", [1], new CartoonizeOptions { Style = new string('a', 100_000) });
                break;
            case "early confirmation":
                await call.OpenAsync("a", [1]);
                await call.ConfirmAsync("a");
                break;
            case "flood of items":
                for (var i = 0; i < 5; i++)
                {
                    await call.OpenAsync($"{i}", [1]);
                }

                break;
            case "flood of items that are confirmed and never heard of":
                for (var i = 0; i < 20_000; i++)
                {
                    await call.OpenAsync($"{i}", []);
                    await call.ConfirmAsync($"{i}");
                }

                break;
            case "flood of bytes":
                var file = new byte[512 << 10];
                for (var item = 0; item < 3; item++)
                {
                    await call.OpenAsync($"{item}", file);
                    for (var offset = 0; offset < file.Length; offset += 64 << 10)
                    {
                        await call.ChunkAsync($"{item}", file[..(64 << 10)], offset);
                    }
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "No such test.");
        }
    }

    /// <summary>A server with room for four items and one MiB a session.</summary>
    public sealed class SmallServer : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(
            "Bulk:MaxOpenItems=4", $"Bulk:SessionBytes={SessionBytes}", $"Limits:MaxUploadBytes={SessionBytes}");

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
