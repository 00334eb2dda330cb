using DctNet.Service.Bulk;
using DctNet.Service.Options;
using DctNet.V1;
using Google.Protobuf;

namespace DctNet.Service.Tests.Bulk;

/// <summary>States that only another thread could bring about in time.</summary>
public sealed class BulkItemsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-items-tests-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_slow_upload_ends_once_and_leaves_its_file_to_who_may_be_writing_it()
    {
        var items = new BulkItems(new BulkOptions(), TimeProvider.System, () => { });
        var outbox = new BulkOutbox();
        items.Attach(outbox);
        var item = Open(items, "slow");

        items.EndSlowUploads(TimeSpan.FromTicks(-1));

        item.Input!.Append("late"u8);
        item.Input.Seal();
        Assert.Equal(BulkItemState.Failed, item.State);
        Assert.Same(item, outbox.TakeAnnouncement()?.Item);
        items.Advanced(item);
        items.Spooled(item);
        Assert.False(outbox.HasAny);
        Assert.Equal(BulkItemState.Failed, item.State);
        Assert.Null(items.Confirm("slow"));
        Assert.Empty(_directory.GetFiles());
    }

    [Fact]
    public void An_end_is_told_once_on_a_stream_and_once_more_to_who_asks()
    {
        var items = new BulkItems(new BulkOptions(), TimeProvider.System, () => { });
        var outbox = new BulkOutbox();
        items.Attach(outbox);
        var item = Open(items, "a");
        outbox.Announce(item);
        items.Cancel("a");

        // Announced before and after it ended, the first of them taken late: both would say the end.
        Assert.Equal((int)Google.Rpc.Code.Cancelled, outbox.TakeAnnouncement()?.Ending?.Code);
        outbox.Announce(item);
        Assert.Null(outbox.TakeAnnouncement());

        items.Add(new BulkItemOpen { ItemId = "a", TotalBytes = 1000 });
        Assert.NotNull(outbox.TakeAnnouncement()?.Ending);
        var next = new BulkOutbox();
        items.Attach(next);
        Assert.NotNull(next.TakeAnnouncement()?.Ending);
    }

    [Fact]
    public void A_credit_counts_again_once_the_caller_has_been_told()
    {
        var items = new BulkItems(new BulkOptions { MaxOpenItems = 1 }, TimeProvider.System, () => { });
        var outbox = new BulkOutbox();
        items.Attach(outbox);
        Open(items, "a");
        items.Cancel("a");
        Assert.Null(items.Confirm("a"));

        Assert.NotNull(items.Add(new BulkItemOpen { ItemId = "b" }).Failure);
        Assert.Equal(1U, outbox.TakeCredits()?.Items);
        Assert.NotNull(items.Add(new BulkItemOpen { ItemId = "b" }).Item);
    }

    [Fact]
    public void A_caller_without_credits_is_not_slow_while_the_server_has_work()
    {
        var items = new BulkItems(new BulkOptions { SessionBytes = 1000 }, TimeProvider.System, () => { });
        items.Attach(new BulkOutbox());
        var first = Open(items, "first", bytes: 600);
        Open(items, "second", bytes: 500);
        Assert.False(items.OwesCredits);

        // The second would fit into the window no longer, but that is up to the caller.
        Assert.Same(first, items.Spend(new BulkItemChunk { ItemId = "first", Data = ByteString.CopyFrom(new byte[600]) }).Item);
        Assert.False(items.OwesCredits);

        items.Spooled(first);
        Assert.True(items.OwesCredits);
        Open(items, "third", bytes: 400);
        Assert.False(items.OwesCredits);
    }

    private BulkItem Open(BulkItems items, string id, ulong bytes = 1000)
    {
        var (item, _) = items.Add(new BulkItemOpen { ItemId = id, TotalBytes = bytes });
        item!.Input = SpoolFile.Create(Path.Combine(_directory.FullName, id), new byte[32], []);
        return item;
    }
}
