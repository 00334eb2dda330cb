using DctNet.Core;
using DctNet.Service.Scheduling;

namespace DctNet.Service.Tests;

public sealed class PlaceQueueTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lane_is_first_in_first_out()
    {
        var queue = Queue(places: 2);
        var (first, second) = (await TakeAsync(queue), await TakeAsync(queue));
        var (third, fourth) = (WaitAsync(queue), WaitAsync(queue));
        Assert.Equal((2, 2), (queue.Taken, queue.Waiting(Lane.Interactive)));

        first.Dispose();

        using var place = await Given(third);
        Assert.False(fourth.IsCompleted);
        second.Dispose();
        (await Given(fourth)).Dispose();
    }

    [Fact]
    public async Task Lanes_that_both_wait_share_by_weight_and_neither_starves()
    {
        var queue = Queue(places: 1, interactiveWeight: 3);
        var place = await TakeAsync(queue);
        List<Lane> order = [];
        List<Task> waiting = [];
        foreach (var lane in Enumerable.Repeat(Lane.Bulk, 20).Concat(Enumerable.Repeat(Lane.Interactive, 20)))
        {
            waiting.Add(FollowAsync(queue, lane, order));
        }

        place.Dispose();
        await Task.WhenAll(waiting).WaitAsync(s_patience, Cancelled);

        // While both wait, which is for the first 20 × 4/3 places, every four places in a row are three interactive ones and one of bulk.
        Assert.All(order.Take(24).Chunk(4), four => Assert.Equal(1, four.Count(lane => lane == Lane.Bulk)));
    }

    [Fact]
    public async Task Somebody_who_comes_while_bulk_waits_is_next()
    {
        var queue = Queue(places: 1);
        var place = await TakeAsync(queue, Lane.Bulk);
        List<Lane> order = [];
        var waiting = Enumerable.Range(0, 30).Select(_ => FollowAsync(queue, Lane.Bulk, order)).ToList();
        waiting.Add(FollowAsync(queue, Lane.Interactive, order));

        place.Dispose();
        await Task.WhenAll(waiting).WaitAsync(s_patience, Cancelled);

        Assert.Contains(Lane.Interactive, order.Take(2));
    }

    [Fact]
    public async Task A_lane_that_was_idle_does_not_claim_what_it_did_not_use()
    {
        var queue = Queue(places: 1, interactiveWeight: 1);
        for (var i = 0; i < 50; i++)
        {
            var next = WaitAsync(queue);
            (await Given(next)).Dispose();
        }

        var place = await TakeAsync(queue);
        List<Lane> order = [];
        List<Task> waiting = [];
        foreach (var lane in Enumerable.Repeat(Lane.Interactive, 10).Concat(Enumerable.Repeat(Lane.Bulk, 10)))
        {
            waiting.Add(FollowAsync(queue, lane, order));
        }

        place.Dispose();
        await Task.WhenAll(waiting).WaitAsync(s_patience, Cancelled);

        Assert.All(order.Chunk(2), two => Assert.NotEqual(two[0], two[1]));
    }

    [Fact]
    public async Task Who_goes_away_leaves_the_line()
    {
        var queue = Queue(places: 1);
        var place = await TakeAsync(queue);
        using var gone = new CancellationTokenSource();
        var first = queue.WaitAsync(Work(), gone.Token).AsTask();
        var second = WaitAsync(queue);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(1, queue.Waiting(Lane.Interactive));
        place.Dispose();
        (await Given(second)).Dispose();
        Assert.Equal(0, queue.Taken);
    }

    [Fact]
    public async Task A_deadline_that_the_line_is_too_long_for_is_refused_on_arrival()
    {
        var queue = Queue(places: 1);
        await ComputeAsync(queue, seconds: 2);
        using var place = await TakeAsync(queue);
        _ = WaitAsync(queue);

        // Two turns before it and its own: six seconds.
        var late = await queue.WaitAsync(Work(deadline: _time.UtcNow.AddSeconds(5)), Cancelled);
        var inTime = queue.WaitAsync(Work(deadline: _time.UtcNow.AddSeconds(7)), Cancelled);

        Assert.Equal(FailureCode.Overloaded, late.Failure?.Code);
        Assert.False(inTime.IsCompleted);
    }

    [Fact]
    public async Task A_deadline_that_passed_while_waiting_is_refused_before_anything_is_computed()
    {
        var queue = Queue(places: 1);
        await ComputeAsync(queue, seconds: 1);
        var place = await TakeAsync(queue);
        var late = queue.WaitAsync(Work(deadline: _time.UtcNow.AddSeconds(3)), Cancelled).AsTask();
        var patient = WaitAsync(queue);

        _time.Advance(TimeSpan.FromSeconds(10));
        place.Dispose();

        Assert.Equal(FailureCode.Overloaded, (await late.WaitAsync(s_patience, Cancelled)).Failure?.Code);
        (await Given(patient)).Dispose();
    }

    [Fact]
    public async Task A_free_place_is_given_whatever_is_known_of_compute_times()
    {
        var queue = Queue(places: 1);
        await ComputeAsync(queue, seconds: 100);

        var outcome = await queue.WaitAsync(Work(deadline: _time.UtcNow.AddSeconds(1)), Cancelled);

        Assert.Null(outcome.Failure);
    }

    [Fact]
    public async Task Pictures_in_work_are_bounded_by_bytes_too_and_the_largest_works_alone()
    {
        var queue = Queue(places: 4, maxDecodedBytes: 100);
        var small = await TakeAsync(queue, bytes: 60);
        var large = WaitAsync(queue, bytes: 500);
        var another = WaitAsync(queue, bytes: 10);
        Assert.Equal(2, queue.Waiting(Lane.Interactive));

        small.Dispose();

        var alone = await Given(large);
        Assert.False(another.IsCompleted);
        alone.Dispose();
        (await Given(another)).Dispose();
    }

    [Fact]
    public async Task A_bulk_picture_in_work_gives_way_and_is_the_next_of_its_lane()
    {
        var queue = Queue(places: 1);
        using var bulk = await TakeAsync(queue, Lane.Bulk);
        var other = WaitAsync(queue, Lane.Bulk);
        bulk.GiveWay(Cancelled);
        var single = WaitAsync(queue);

        var lent = GiveWayAsync(bulk);

        var place = await Given(single);
        Assert.False(lent.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        place.Dispose();
        await lent;
        Assert.False(other.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        bulk.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(2), bulk.Computed);
        (await Given(other)).Dispose();
    }

    [Fact]
    public async Task A_picture_that_gave_way_as_often_as_its_lane_must_goes_on_to_its_end()
    {
        const int Weight = 3;
        var queue = Queue(places: 1, interactiveWeight: Weight);
        List<Lane> order = [];
        var first = await TakeAsync(queue);
        var bulk = WaitAsync(queue, Lane.Bulk);
        var singles = Enumerable.Range(0, 3 * Weight).Select(_ => FollowAsync(queue, Lane.Interactive, order)).ToList();
        first.Dispose();
        using var place = await Given(bulk);

        await GiveWayAsync(place);
        await GiveWayAsync(place);

        // One went before it, as many as its turn weighs while it was stopped; then it was not stopped any more.
        Assert.Equal(1 + Weight, order.Count);
        place.Dispose();
        await Task.WhenAll(singles).WaitAsync(s_patience, Cancelled);
    }

    [Fact]
    public async Task Single_pictures_and_pictures_that_nobody_waits_behind_do_not_give_way()
    {
        var queue = Queue(places: 1);
        using (var single = await TakeAsync(queue))
        {
            var waiting = WaitAsync(queue);
            var bulk = WaitAsync(queue, Lane.Bulk);
            single.GiveWay(Cancelled);
            single.Leave();
            (await Given(waiting)).Dispose();
            (await Given(bulk)).Dispose();
        }

        using var alone = await TakeAsync(queue, Lane.Bulk);
        alone.GiveWay(Cancelled);
        var behind = WaitAsync(queue, Lane.Bulk);
        alone.GiveWay(Cancelled);
        alone.Leave();
        (await Given(behind)).Dispose();
    }

    [Fact]
    public async Task A_caller_who_goes_while_its_picture_gives_way_takes_no_place_along()
    {
        var queue = Queue(places: 1);
        using var gone = new CancellationTokenSource();
        using (var bulk = await TakeAsync(queue, Lane.Bulk, bytes: 600))
        {
            var single = WaitAsync(queue);
            var lent = GiveWayAsync(bulk, gone.Token);
            var place = await Given(single);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lent);
            Assert.Equal((1, 0), (queue.Taken, queue.Waiting(Lane.Bulk)));
            place.Dispose();
        }

        Assert.Equal(0, queue.Taken);
        using var one = await TakeAsync(queue, bytes: 1000);
    }

    [Fact]
    public async Task A_picture_that_waits_still_counts_by_its_bytes()
    {
        var queue = Queue(places: 2);
        using var other = await TakeAsync(queue, Lane.Bulk, bytes: 300);
        using var bulk = await TakeAsync(queue, Lane.Bulk, bytes: 600);
        var large = WaitAsync(queue, bytes: 500);
        bulk.GiveWay(Cancelled);
        Assert.False(large.IsCompleted);
        bulk.Leave();
        (await Given(large)).Dispose();
    }

    [Fact]
    public async Task A_picture_gives_way_only_to_what_has_room_beside_it()
    {
        var queue = Queue(places: 1);
        using var bulk = await TakeAsync(queue, Lane.Bulk, bytes: 600);
        var large = WaitAsync(queue, bytes: 500);
        await GiveWayAsync(bulk);
        Assert.False(large.IsCompleted);
        bulk.Leave();
        (await Given(large)).Dispose();
    }

    [Fact]
    public async Task A_picture_that_gave_way_goes_on_before_one_that_it_leaves_no_room_for()
    {
        var queue = Queue(places: 1);
        var first = await TakeAsync(queue);
        var waiting = WaitAsync(queue, Lane.Bulk, bytes: 600);
        first.Dispose();
        using var bulk = await Given(waiting);
        var small = WaitAsync(queue, bytes: 400);
        var lent = GiveWayAsync(bulk);
        var place = await Given(small);
        var large = WaitAsync(queue, bytes: 500);

        // It is the large one's turn.
        place.Dispose();

        await lent;
        Assert.False(large.IsCompleted);
        bulk.Leave();
        (await Given(large)).Dispose();
    }

    [Fact]
    public async Task Whatever_comes_and_goes_no_place_is_lost_or_given_twice()
    {
        const int Places = 3;
        var queue = Queue(Places, maxDecodedBytes: 1000);
        var (inside, most) = (0, 0);
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancelled }, async (i, cancelled) =>
        {
            var random = new Random(i);
            using var caller = new CancellationTokenSource();
            if (random.Next(3) == 0)
            {
                _ = Task.Run(caller.Cancel, cancelled);
            }

            try
            {
                var work = new Work((Lane)random.Next(2), random.Next(700), DateTime.MaxValue);
                if ((await queue.WaitAsync(work, caller.Token).AsTask().WaitAsync(s_patience, cancelled)).TryGet(out var place, out _))
                {
                    using (place)
                    {
                        var now = Interlocked.Increment(ref inside);
                        InterlockedMax(ref most, now);
                        await Task.Yield();
                        Interlocked.Decrement(ref inside);
                        if (random.Next(2) == 0)
                        {
                            await GiveWayAsync(place, caller.Token);
                        }
                    }
                }
            }
            catch (OperationCanceledException) when (caller.IsCancellationRequested)
            {
                // Went away while waiting, or while its place was lent.
            }
        });

        Assert.InRange(most, 1, Places);
        Assert.Equal((0, 0, 0), (queue.Taken, queue.Waiting(Lane.Interactive), queue.Waiting(Lane.Bulk)));
        using var last = await TakeAsync(queue, bytes: 1000);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    private static async Task<Place> Given(Task<Outcome<Place>> waiting) =>
        (await waiting.WaitAsync(s_patience, Cancelled)).TryGet(out var place, out var failure)
            ? place
            : throw new InvalidOperationException(failure.Message);

    private PlaceQueue Queue(int places, long maxDecodedBytes = 1000, int interactiveWeight = 8) =>
        new(places, maxDecodedBytes, interactiveWeight, _time);

    private static Work Work(Lane lane = Lane.Interactive, long bytes = 1, DateTime? deadline = null) =>
        new(lane, bytes, deadline ?? DateTime.MaxValue);

    private static Task<Outcome<Place>> WaitAsync(PlaceQueue queue, Lane lane = Lane.Interactive, long bytes = 1) =>
        queue.WaitAsync(Work(lane, bytes), Cancelled).AsTask();

    private static Task<Place> TakeAsync(PlaceQueue queue, Lane lane = Lane.Interactive, long bytes = 1) => Given(WaitAsync(queue, lane, bytes));

    private static async Task FollowAsync(PlaceQueue queue, Lane lane, List<Lane> order)
    {
        using var place = await TakeAsync(queue, lane);
        order.Add(lane);
    }

    /// <summary>On a thread of its own, as pictures compute.</summary>
    private static Task GiveWayAsync(Place place, CancellationToken? caller = null) => Task.Factory.StartNew(
        () => place.GiveWay(caller ?? Cancelled), Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(s_patience, Cancelled);

    private async Task ComputeAsync(PlaceQueue queue, double seconds)
    {
        using var place = await TakeAsync(queue);
        _time.Advance(TimeSpan.FromSeconds(seconds));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

        public DateTime UtcNow => GetUtcNow().UtcDateTime;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _ticks);

        public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

        public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
