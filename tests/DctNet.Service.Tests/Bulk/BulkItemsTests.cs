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
        Assert.Same(item, outbox.TakeAnnouncement());
        items.Advanced(item);
        items.Spooled(item);
        Assert.False(outbox.HasAny);
        Assert.Equal(BulkItemState.Failed, item.State);
        Assert.Null(items.Confirm("slow"));
        Assert.Empty(_directory.GetFiles());
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
