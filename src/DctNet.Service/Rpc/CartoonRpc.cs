using System.Buffers;
using System.Diagnostics;
using DctNet.Core;
using DctNet.Core.Cartoon;
using DctNet.Core.Pipeline;
using DctNet.Service.Bulk;
using DctNet.Service.Composition;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Uploads;
using DctNet.Service.Wire;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DctNet.Service.Rpc;

/// <summary>dctnet.v1.CartoonService: bytes in, bytes out. What happens between is the pipeline's.</summary>
internal sealed class CartoonRpc(
    CartoonPipeline pipeline,
    ModelHost models,
    Admission admission,
    BulkSessions sessions,
    Engine engine,
    LimitOptions limits,
    TimeProvider time)
    : CartoonService.CartoonServiceBase
{
    /// <summary>
    /// With the message around it a chunk fills four HTTP/2 frames of 16 KiB. Throughput is flat above one frame, and from 128 KiB on each
    /// message's buffer lands on the large-object heap.
    /// </summary>
    private const int ChunkBytes = 63 << 10;

    private const int MaxPageItems = 1000;

    public override async Task Cartoonize(
        IAsyncStreamReader<CartoonizeRequest> requestStream, IServerStreamWriter<CartoonizeResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        using var entry = admission.Enter(Caller.Of(context.GetHttpContext()).Tenant).OrThrow();
        using var reader = new UploadReader<CartoonizeRequest>(requestStream, limits, time, cancellation);
        var header = (await reader.ReadHeaderAsync(message => message.Header)).OrThrow();
        var request = Prepare(header.Options, header.IdempotencyKey, context);

        ResultHeader facts;
        ReadOnlySequence<byte> file;
        using (var upload = (await reader.ReadBodyAsync(
            message => message.MessageCase == CartoonizeRequest.MessageOneofCase.Chunk ? message.Chunk : null, header.TotalBytes)).OrThrow())
        {
            (facts, file) = await RunAsync(request with { File = upload.Bytes }, context);
        }

        await SendAsync(responseStream, Messages(facts, file), cancellation);
    }

    public override async Task<CartoonizeImageResponse> CartoonizeImage(CartoonizeImageRequest request, ServerCallContext context)
    {
        using var entry = admission.Enter(Caller.Of(context.GetHttpContext()).Tenant).OrThrow();
        var prepared = Prepare(request.Options, request.IdempotencyKey, context);
        if (request.Image.Length > limits.MaxUploadBytes)
        {
            throw FailureStatus.ToRpcException(new Failure(
                FailureCode.UploadTooLarge, $"The picture has more bytes than this server takes: {limits.MaxUploadBytes:N0}.", "image"));
        }

        var (facts, file) = await RunAsync(prepared with { File = request.Image.Memory }, context);
        return new CartoonizeImageResponse { Header = facts, Image = UnsafeByteOperations.UnsafeWrap(file.ToArray()) };
    }

    public override async Task CartoonizeBulk(
        IAsyncStreamReader<CartoonizeBulkRequest> requestStream,
        IServerStreamWriter<CartoonizeBulkResponse> responseStream,
        ServerCallContext context)
    {
        var caller = Caller.Of(context.GetHttpContext());
        using var entry = admission.EnterStream(caller.Tenant).OrThrow();
        var stream = new BulkStream(sessions, requestStream, responseStream, engine.InstanceId, limits, time);
        (await stream.RunAsync(caller, CheckOptions, context.CancellationToken)).ThrowIfAny();

        Failure? CheckOptions(CartoonizeOptions? options) =>
            CartoonMapping.Request(options, "", caller).TryGet(out var request, out var failure) ? pipeline.Check(request) : failure;
    }

    public override Task<GetBulkSessionResponse> GetBulkSession(GetBulkSessionRequest request, ServerCallContext context)
    {
        var size = request.PageSize is 0 or > MaxPageItems ? MaxPageItems : (int)request.PageSize;
        var session = sessions.FindFor(request.SessionId, Caller.Of(context.GetHttpContext()).Tenant);
        var response = new GetBulkSessionResponse { InstanceId = engine.InstanceId, Items = { session?.Items.Page(request.PageToken, size) ?? [] } };
        response.NextPageToken = response.Items.Count == size ? response.Items[^1].ItemId : "";
        return Task.FromResult(response);
    }

    public override Task<ListStylesResponse> ListStyles(ListStylesRequest request, ServerCallContext context)
    {
        var catalog = models.Catalog;
        var response = new ListStylesResponse { DefaultStyle = catalog.DefaultStyle };
        response.Styles.AddRange(catalog.Styles.Select(style => new Style
        {
            Name = style.Name,
            Description = style.Description,
            Model = style.Network.Label,
            DigitalSourceType = style.Network.DigitalSourceType,
            Licence = style.Network.Licence,
        }));
        return Task.FromResult(response);
    }

    /// <summary>Refuses what can be refused before the picture's bytes have come.</summary>
    private CartoonRequest Prepare(CartoonizeOptions? options, string idempotencyKey, ServerCallContext context)
    {
        var request = CartoonMapping.Request(options, idempotencyKey, Caller.Of(context.GetHttpContext())).OrThrow();
        pipeline.Check(request).ThrowIfAny();
        return request;
    }

    private static IEnumerable<CartoonizeResponse> Messages(ResultHeader facts, ReadOnlySequence<byte> file)
    {
        yield return new CartoonizeResponse { Header = facts };
        foreach (var piece in file)
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                var chunk = rest[..Math.Min(ChunkBytes, rest.Length)];
                yield return new CartoonizeResponse { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) };
                rest = rest[chunk.Length..];
            }
        }
    }

    // A caller that does not read would hold its entry and its result for hours: Kestrel's own bound counts a whole connection, in bytes a second.
    // A chunk may take as long as it would take to come.
    private async Task SendAsync(IServerStreamWriter<CartoonizeResponse> stream, IEnumerable<CartoonizeResponse> messages, CancellationToken cancellation)
    {
        var slowest = limits.MinUploadBytesPerSecond > 0 ? ChunkBytes / limits.MinUploadBytesPerSecond : 0;
        var patience = TimeSpan.FromSeconds(Math.Max(limits.IdleTimeoutSeconds, slowest));
        using var reading = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(reading.Token, cancellation);
        try
        {
            foreach (var message in messages)
            {
                reading.CancelAfter(patience);
                await stream.WriteAsync(message, either.Token);
            }
        }
        catch (Exception) when (reading.IsCancellationRequested)
        {
            throw FailureStatus.ToRpcException(
                new Failure(FailureCode.DownloadStalled, $"The caller has not read {ChunkBytes:N0} bytes of its result in {patience.TotalSeconds:N0} seconds."));
        }
    }

    private async Task<(ResultHeader Facts, ReadOnlySequence<byte> File)> RunAsync(CartoonRequest request, ServerCallContext context)
    {
        var arrived = Stopwatch.GetTimestamp();
        var work = new Work(Lane.Interactive, pipeline.DecodedBytes(request).OrThrow(), context.Deadline);
        using var place = (await admission.WaitForPlaceAsync(work, context.CancellationToken)).OrThrow();
        var started = Stopwatch.GetTimestamp();
        var result = (await pipeline.RunAsync(request, place, context.CancellationToken)).OrThrow();
        return (CartoonMapping.Header(result, Stopwatch.GetElapsedTime(arrived, started), place.Computed), result.File);
    }
}
