using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace DctNet.Client;

/// <summary>
/// Client of one DctNet service. Safe for concurrent use; make one and keep it: its connection is shared by all calls.
/// </summary>
/// <remarks>
/// Every method throws <see cref="DctNetException"/> when the call fails, <see cref="OperationCanceledException"/> when the caller cancels,
/// and the errors of the caller's own streams as they are. UNAVAILABLE is retried with growing random waits, as long as the source can be
/// rewound (or was not read yet) and nothing of the answer was written to a stream of the caller's. All attempts of an item carry the same
/// idempotency key, so its watermark id stays the same.
/// </remarks>
public sealed class DctNetClient : IDisposable
{
    private readonly IDisposable? _channel;
    private readonly DctNetClientOptions _options;
    private readonly Retrier _retrier;
    private readonly CartoonService.CartoonServiceClient _cartoons;
    private readonly ProvenanceService.ProvenanceServiceClient _provenance;
    private readonly ServerInfoService.ServerInfoServiceClient _serverInfo;

    /// <summary>Connects, at the first call, to a server.</summary>
    /// <param name="address">
    /// <c>https://host:port</c>, <c>http://host:port</c>, or <c>dns:///host:port</c>: all addresses of a name (a headless Kubernetes
    /// Service) in turn, without TLS.
    /// </param>
    /// <param name="options">Null: the defaults.</param>
    public DctNetClient(Uri address, DctNetClientOptions? options = null)
        : this(Connect(address, options), options, ownsChannel: true)
    {
    }

    /// <summary>Uses a channel of the caller's, with its credentials, interceptors and balancing.</summary>
    /// <param name="channel">Kept open when this client is disposed.</param>
    /// <param name="options">Null: the defaults. The handler is not used.</param>
    public DctNetClient(ChannelBase channel, DctNetClientOptions? options = null)
        : this(channel, options, ownsChannel: false)
    {
    }

    private DctNetClient(ChannelBase channel, DctNetClientOptions? options, bool ownsChannel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        _options = options ?? new DctNetClientOptions();
        _options.Validate();
        _retrier = new Retrier(_options);
        _channel = ownsChannel ? channel as IDisposable : null;
        _cartoons = new CartoonService.CartoonServiceClient(channel);
        _provenance = new ProvenanceService.ProvenanceServiceClient(channel);
        _serverInfo = new ServerInfoService.ServerInfoServiceClient(channel);
    }

    /// <summary>
    /// Streams a portrait in and its cartoon out. One chunk of each is in memory at a time, and both directions run at once.
    /// </summary>
    /// <param name="source">The portrait's file, from where the stream stands to its end. Not closed.</param>
    /// <param name="destination">
    /// Where the cartoon's file goes. Not closed. After an error it may hold a part of it: write to a temporary file, or use
    /// <see cref="CartoonizeFileAsync"/>.
    /// </param>
    /// <param name="options">What to make of it. Null: the server's defaults.</param>
    /// <param name="progress">Told of every chunk, on any thread, never twice at once.</param>
    /// <param name="cancellationToken">Ends the call and its work in the server.</param>
    /// <returns>Facts about the cartoon, whose length and SHA-256 were checked.</returns>
    public Task<ResultHeader> CartoonizeAsync(
        Stream source,
        Stream destination,
        CartoonizeOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        return CartoonizeAsync(source, destination, ownsDestination: false, options, progress, cancellationToken);
    }

    /// <summary>As the streaming overload, between arrays.</summary>
    public async Task<Cartoon> CartoonizeAsync(
        byte[] source, CartoonizeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var input = new MemoryStream(source, writable: false);
        using var output = new MemoryStream();
        var header = await CartoonizeAsync(input, output, ownsDestination: true, options, progress: null, cancellationToken);
        return new Cartoon(header, output.GetBuffer().AsMemory(0, (int)output.Length));
    }

    /// <summary>
    /// As the streaming overload, between files. The result appears at its path whole or not at all, in place of a file that is there;
    /// its directory must exist.
    /// </summary>
    public async Task<ResultHeader> CartoonizeFileAsync(
        string sourcePath,
        string destinationPath,
        CartoonizeOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        await using var source = new FileStream(sourcePath, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        await using var destination = new ReplacingFile(destinationPath);
        var header = await CartoonizeAsync(source, destination.Stream, ownsDestination: true, options, progress, cancellationToken);
        await destination.CommitAsync();
        return header;
    }

    /// <summary>One small portrait in one message each way; gRPC's message limit, 4 MiB by default, applies to both.</summary>
    public async Task<Cartoon> CartoonizeImageAsync(
        ReadOnlyMemory<byte> image, CartoonizeOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new CartoonizeImageRequest
        {
            Options = options ?? new CartoonizeOptions(),
            Image = UnsafeByteOperations.UnsafeWrap(image),
            IdempotencyKey = NewIdempotencyKey(),
        };
        var response = await UnaryAsync(d => _cartoons.CartoonizeImageAsync(request, null, d, cancellationToken), cancellationToken);
        return new Cartoon(response.Header, response.Image.Memory);
    }

    /// <summary>
    /// Cartoons of many portraits, many at a time, in whatever order they are done. Cut streams are resumed, lost items sent again, and
    /// each item comes exactly once, as a cartoon or as an error of its own.
    /// </summary>
    /// <remarks>
    /// An item's result is confirmed to the server when the next one is asked for. Breaking off tells the server to forget the rest; the
    /// same items under the same <see cref="BulkOptions.Scope"/> get the same watermark ids later.
    /// <see cref="DctNetClientOptions.Deadline"/> and <see cref="DctNetClientOptions.MaxAttempts"/> do not apply.
    /// </remarks>
    /// <param name="items">Taken as there is room for them; their ids are unique.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="DctNetException">The service refuses all of it, or was out of reach for too long.</exception>
    public IAsyncEnumerable<BulkResult> CartoonizeManyAsync(
        IAsyncEnumerable<BulkItem> items, BulkOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        options ??= new BulkOptions();
        options.Validate();
        return new BulkRun(_cartoons, _retrier, _options.TimeProvider, options).RunAsync(items, cancellationToken);
    }

    /// <summary>The styles that the server has.</summary>
    public Task<ListStylesResponse> ListStylesAsync(CancellationToken cancellationToken = default)
        => UnaryAsync(d => _cartoons.ListStylesAsync(new ListStylesRequest(), null, d, cancellationToken), cancellationToken);

    /// <summary>Asks where a picture comes from.</summary>
    /// <param name="source">The picture's file, from where the stream stands to its end. Not closed.</param>
    /// <param name="effort">How far the server looks for the watermark.</param>
    /// <param name="progress">Told of every chunk, on any thread, never twice at once.</param>
    /// <param name="cancellationToken">Ends the call and its work in the server.</param>
    public Task<VerifyResponse> VerifyAsync(
        Stream source,
        DetectionEffort effort = DetectionEffort.Unspecified,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
        => VerifyAsync(source, new VerifyHeader { Effort = effort }, progress, cancellationToken);

    /// <summary>As the other overload.</summary>
    /// <param name="source">The picture's file, from where the stream stands to its end. Not closed.</param>
    /// <param name="header">How far to look, and whether the answer shall bring the manifest on record.</param>
    /// <param name="progress">Told of every chunk, on any thread, never twice at once.</param>
    /// <param name="cancellationToken">Ends the call and its work in the server.</param>
    public async Task<VerifyResponse> VerifyAsync(
        Stream source, VerifyHeader header, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(header);
        var upload = new Upload(source, _options.ChunkBytes);
        var transfer = new Transfer(progress, upload.TotalBytes);
        var first = new VerifyRequest { Header = header };
        return await _retrier.RunAsync(AttemptAsync, () => upload.CanRestart, cancellationToken);

        async Task<VerifyResponse> AttemptAsync(DateTime? deadline)
        {
            upload.Restart();
            transfer.Restart();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var call = _provenance.Verify(deadline: deadline, cancellationToken: ending.Token);
            var sending = upload.SendAsync(call.RequestStream, first, c => new VerifyRequest { Chunk = c }, transfer, ending);
            return await ReceiveAsync(call.ResponseAsync, sending, ending);
        }
    }

    /// <summary>What the server is: version, execution provider in use, limits.</summary>
    public Task<GetServerInfoResponse> GetServerInfoAsync(CancellationToken cancellationToken = default)
        => UnaryAsync(d => _serverInfo.GetServerInfoAsync(new GetServerInfoRequest(), null, d, cancellationToken), cancellationToken);

    /// <summary>Closes the connection, unless the channel is the caller's. Calls in flight are cancelled.</summary>
    public void Dispose() => _channel?.Dispose();

    // A destination of its own is emptied and begun again when the answer is cut off; of the caller's the bytes may be on their way already.
    private async Task<ResultHeader> CartoonizeAsync(
        Stream source,
        Stream destination,
        bool ownsDestination,
        CartoonizeOptions? options,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        var upload = new Upload(source, _options.ChunkBytes);
        var transfer = new Transfer(progress, upload.TotalBytes);
        var answer = new AnswerReader(destination, transfer);
        var header = new CartoonizeRequest
        {
            Header = new CartoonizeHeader
            {
                Options = options ?? new CartoonizeOptions(),
                TotalBytes = (ulong)(upload.TotalBytes ?? 0),
                IdempotencyKey = NewIdempotencyKey(),
            },
        };

        return await _retrier.RunAsync(AttemptAsync, () => upload.CanRestart && (ownsDestination || !answer.HasWritten), cancellationToken);

        async Task<ResultHeader> AttemptAsync(DateTime? deadline)
        {
            upload.Restart();
            answer.Restart();
            transfer.Restart();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var call = _cartoons.Cartoonize(deadline: deadline, cancellationToken: ending.Token);
            var sending = upload.SendAsync(call.RequestStream, header, c => new CartoonizeRequest { Chunk = c }, transfer, ending);
            return await ReceiveAsync(answer.ReadAsync(call.ResponseStream, ending.Token), sending, ending);
        }
    }

    // Waits for the answer, then ends the upload: whatever the answer was, the rest of it is of no use. The source's error is the cause of
    // the call's, so it goes first.
    private static async Task<T> ReceiveAsync<T>(
        Task<T> receiving, Task<System.Runtime.ExceptionServices.ExceptionDispatchInfo?> sending, CancellationTokenSource ending)
    {
        try
        {
            return await receiving;
        }
        finally
        {
            await ending.CancelAsync();
            (await sending)?.Throw();
        }
    }

    private Task<T> UnaryAsync<T>(Func<DateTime?, AsyncUnaryCall<T>> start, CancellationToken cancellationToken)
        => _retrier.RunAsync(
            async deadline =>
            {
                using var call = start(deadline);
                return await call.ResponseAsync;
            },
            () => true,
            cancellationToken);

    private static string NewIdempotencyKey() => Guid.NewGuid().ToString("N");

    private static GrpcChannel Connect(Uri address, DctNetClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(address);
        var balanced = address.Scheme == "dns";
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new OneShotContentHandler(options?.Handler ?? new SocketsHttpHandler
            {
                // Beyond 100 streams (Kestrel's limit) a second connection is opened instead of waiting.
                EnableMultipleHttp2Connections = true,
                // A dead peer is noticed within 90 s, also while an inference keeps the stream silent.
                KeepAlivePingDelay = TimeSpan.FromSeconds(60),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            }),
            DisposeHttpClient = options?.Handler is null,
            Credentials = balanced ? ChannelCredentials.Insecure : null,
            ServiceConfig = balanced ? new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } } : null,
        });
    }
}
