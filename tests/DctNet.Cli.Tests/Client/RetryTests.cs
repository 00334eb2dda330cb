using DctNet.Cli.Tests.Servers;
using DctNet.Client;
using DctNet.V1;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace DctNet.Cli.Tests.Client;

public sealed class RetryTests
{
    private readonly InstantTimers _timers = new();
    private readonly byte[] _portrait = new byte[300_001];

    public RetryTests() => new Random(1).NextBytes(_portrait);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // So long that hardly one wait in a thousand million is shorter than a timer's millisecond, which would start none.
    private DctNetClientOptions Options => new()
    {
        TimeProvider = _timers,
        InitialBackoff = TimeSpan.FromHours(100),
        MaxBackoff = TimeSpan.FromHours(500),
        Deadline = Timeout.InfiniteTimeSpan,
    };

    [Fact]
    public async Task Unavailable_is_tried_again_from_the_beginning_under_the_same_key()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Unavailable(), Behaviours.Unavailable(3), Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);
        using var source = new MemoryStream([9, 9, .. _portrait]) { Position = 2 };
        using var cartoon = new MemoryStream();

        await client.CartoonizeAsync(source, cartoon, cancellationToken: Cancelled);

        Assert.Equal(_portrait, cartoon.ToArray());
        Assert.Equal(3, server.Calls.Headers.Count);
        var key = Assert.Single(server.Calls.Headers.Select(h => h.IdempotencyKey).Distinct());
        Assert.NotEmpty(key);
        Assert.All(server.Calls.Headers, h => Assert.Equal((ulong)_portrait.Length, h.TotalBytes));
    }

    [Fact]
    public async Task Every_item_has_a_key_of_its_own()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);

        await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);
        await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);

        Assert.Equal(2, server.Calls.Headers.Select(h => h.IdempotencyKey).Distinct().Count());
    }

    [Fact]
    public async Task Waits_are_spread_under_a_ceiling_that_doubles_up_to_its_limit()
    {
        const int Calls = 25;
        int[] ceilings = [100, 200, 400, 500, 500];
        await using var server = await ScriptedServer.StartAsync(Behaviours.UnavailableInTheEnd);
        using var client = new DctNetClient(server.Address, Options with { MaxAttempts = ceilings.Length + 1 });
        for (var i = 0; i < Calls; i++)
        {
            var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        }

        Assert.Equal(Calls * (ceilings.Length + 1), server.Calls.Headers.Count);
        var waits = _timers.Waits.Select(w => w.TotalHours).Chunk(ceilings.Length).ToArray();
        Assert.Equal(Calls, waits.Length);
        for (var i = 0; i < ceilings.Length; i++)
        {
            // Uniform under the ceiling: that none of 25 lies in the upper half happens once in 30 million times.
            Assert.All(waits, w => Assert.InRange(w[i], 0, ceilings[i]));
            Assert.Contains(waits, w => w[i] > ceilings[i] / 2.0);
            Assert.Contains(waits, w => w[i] < ceilings[i] / 2.0);
        }
    }

    [Fact]
    public async Task A_connection_worn_out_by_refusals_ends_calls_instead_of_hanging_them()
    {
        // Kestrel refuses the streams of a connection when a hundred were cut in mid-upload; HttpClient then sends the body again by itself.
        await using var server = await ScriptedServer.StartAsync(Behaviours.Unavailable());
        using var client = new DctNetClient(server.Address, Options with { MaxAttempts = 1 });
        for (var i = 0; i < 400; i++)
        {
            var call = client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);

            var error = await Assert.ThrowsAsync<DctNetException>(() => call.WaitAsync(TimeSpan.FromMinutes(1), Cancelled));

            Assert.True(error.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted, error.ToString());
        }
    }

    [Fact]
    public async Task A_source_that_cannot_be_rewound_is_not_sent_twice()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Unavailable(1), Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);
        using var cartoon = new MemoryStream();

        var error = await Assert.ThrowsAsync<DctNetException>(
            () => client.CartoonizeAsync(ForwardOnlyStream.Of(_portrait), cartoon, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        var header = Assert.Single(server.Calls.Headers);
        Assert.Equal(0UL, header.TotalBytes);
    }

    [Fact]
    public async Task A_source_that_was_not_read_yet_can_wait_for_the_server()
    {
        using var client = new DctNetClient(new Uri("http://127.0.0.1:1"), Options);
        using var cartoon = new MemoryStream();

        var error = await Assert.ThrowsAsync<DctNetException>(
            () => client.CartoonizeAsync(ForwardOnlyStream.Of(_portrait), cartoon, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(3, _timers.Waits.Count);
    }

    [Fact]
    public async Task Nothing_is_tried_again_once_a_part_of_the_answer_was_written_to_a_stream_of_the_callers()
    {
        await using var server = await ScriptedServer.StartAsync(CutAsync, Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);
        using var source = new MemoryStream(_portrait);
        using var cartoon = new MemoryStream();

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(source, cartoon, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Single(server.Calls.Headers);
        Assert.Equal(1000, cartoon.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_answer_is_begun_anew_where_the_caller_has_seen_none_of_it(bool files)
    {
        await using var server = await ScriptedServer.StartAsync(CutAsync, CutAsync, Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);
        var directory = Directory.CreateTempSubdirectory("dctnet-client-");
        try
        {
            byte[] cartoon;
            if (files)
            {
                var (source, result) = (Path.Combine(directory.FullName, "in.jpg"), Path.Combine(directory.FullName, "out.png"));
                await File.WriteAllBytesAsync(source, _portrait, Cancelled);
                await client.CartoonizeFileAsync(source, result, cancellationToken: Cancelled);
                cartoon = await File.ReadAllBytesAsync(result, Cancelled);
            }
            else
            {
                cartoon = (await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled)).Image.ToArray();
            }

            Assert.Equal(_portrait, cartoon);
            Assert.Equal(3, server.Calls.Headers.Count);
            Assert.Single(server.Calls.Headers.Select(h => h.IdempotencyKey).Distinct());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.Aborted)]
    public async Task Nothing_but_unavailable_is_tried_again(StatusCode status)
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.FailAfter(0, new RpcException(new Status(status, "no"))), Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal(status, error.StatusCode);
        Assert.Empty(_timers.Waits);
    }

    [Fact]
    public async Task An_overloaded_server_is_left_alone_unless_asked_otherwise()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Overloaded(TimeSpan.FromSeconds(7)), Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("OVERLOADED", error.Reason);
        Assert.Equal(TimeSpan.FromSeconds(7), error.RetryAfter);
        Assert.Empty(_timers.Waits);
    }

    [Fact]
    public async Task When_asked_to_it_comes_back_after_the_time_that_an_overloaded_server_names()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Overloaded(TimeSpan.FromSeconds(7)), Behaviours.Echo);
        using var client = new DctNetClient(server.Address, Options with { RetryWhenOverloaded = true });

        var cartoon = await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);

        Assert.Equal(_portrait, cartoon.Image.ToArray());
        var wait = Assert.Single(_timers.Waits);
        Assert.InRange(wait, TimeSpan.FromSeconds(7), TimeSpan.FromHours(100) + TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task An_overloaded_server_may_be_asked_more_often_than_one_that_is_not_there()
    {
        var overloaded = Behaviours.Overloaded(TimeSpan.FromSeconds(1));
        var options = Options with { RetryWhenOverloaded = true, MaxAttempts = 2, ExtraOverloadAttempts = 3 };
        await using var server = await ScriptedServer.StartAsync(
            overloaded, overloaded, overloaded, Behaviours.UnavailableInTheEnd, Behaviours.Echo, Behaviours.UnavailableInTheEnd);
        using var client = new DctNetClient(server.Address, options);

        var cartoon = await client.CartoonizeAsync(_portrait, cancellationToken: Cancelled);

        Assert.Equal(_portrait, cartoon.Image.ToArray());
        Assert.Equal(5, server.Calls.Headers.Count);
        await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));
        Assert.Equal(5 + 2, server.Calls.Headers.Count);
    }

    [Fact]
    public async Task It_does_not_wait_for_longer_than_the_deadline()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Overloaded(TimeSpan.FromHours(1)), Behaviours.Echo);
        var options = Options with { RetryWhenOverloaded = true, Deadline = TimeSpan.FromMinutes(30) };
        using var client = new DctNetClient(server.Address, options);

        var error = await Assert.ThrowsAsync<DctNetException>(() => client.CartoonizeAsync(_portrait, cancellationToken: Cancelled));

        Assert.Equal("OVERLOADED", error.Reason);
        Assert.Empty(_timers.Waits);
    }

    [Fact]
    public async Task A_unary_call_keeps_its_key_too()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = new DctNetClient(server.Address, Options);

        var cartoon = await client.CartoonizeImageAsync(_portrait, cancellationToken: Cancelled);

        Assert.Equal(_portrait, cartoon.Image.ToArray());
        Assert.Equal(2, server.Calls.Images.Count);
        Assert.NotEmpty(Assert.Single(server.Calls.Images.Select(i => i.IdempotencyKey).Distinct()));
    }

    [Fact]
    public async Task Verification_is_tried_again_as_well()
    {
        await using var server = await ScriptedServer.StartAsync();
        List<long> received = [];
        server.Calls.Verify = async upload =>
        {
            Assert.True(await upload.MoveNext());
            Assert.Equal(DetectionEffort.Full, upload.Current.Header.Effort);
            long bytes = 0;
            while (await upload.MoveNext())
            {
                bytes += upload.Current.Chunk.Length;
            }

            received.Add(bytes);
            return received.Count == 1
                ? throw new RpcException(new Status(StatusCode.Unavailable, "once more"))
                : new VerifyResponse { Verdict = Verdict.Claimed };
        };
        using var client = new DctNetClient(server.Address, Options);
        using var source = new MemoryStream(_portrait);

        var answer = await client.VerifyAsync(source, DetectionEffort.Full, cancellationToken: Cancelled);

        Assert.Equal(Verdict.Claimed, answer.Verdict);
        Assert.Equal([_portrait.Length, _portrait.Length], received);
    }

    // Other bytes than the whole answer has.
    private async Task CutAsync(IAsyncStreamReader<CartoonizeRequest> upload, IServerStreamWriter<CartoonizeResponse> answer, ServerCallContext context)
    {
        await Behaviours.ReadAsync(upload);
        await answer.WriteAsync(Behaviours.Header(_portrait));
        await answer.WriteAsync(Behaviours.Chunk(new byte[1000]));
        throw new RpcException(new Status(StatusCode.Unavailable, "cut"));
    }
}
