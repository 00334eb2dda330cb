using System.Diagnostics;
using DctNet.Core;
using DctNet.Service.Wire;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Status = Grpc.Core.Status;

namespace DctNet.Service.Interceptors;

/// <summary>
/// Around every call: it is measured, a cancellation becomes the status that the caller expects, and anything unforeseen is logged and
/// becomes INTERNAL without a word of its content.
/// </summary>
internal sealed class CallInterceptor(ServiceTelemetry telemetry, ILogger<CallInterceptor> logger, TimeProvider time) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => Nothing(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => Nothing(continuation(requestStream, responseStream, context)));

    private static async Task<object?> Nothing(Task task)
    {
        await task;
        return null;
    }

    private async Task<T> RunAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var start = Stopwatch.GetTimestamp();

        // Not as the caller spelled it: paths are matched whatever their case, and each spelling would be a series of its own.
        var method = context.GetHttpContext().GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? context.Method;
        try
        {
            var response = await call();
            telemetry.CallEnded(method, StatusCode.OK, null, Stopwatch.GetElapsedTime(start));
            return response;
        }
        catch (Exception exception)
        {
            var ended = Translate(exception, context);
            var reason = ended.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;
            telemetry.CallEnded(method, ended.StatusCode, reason, Stopwatch.GetElapsedTime(start));
            throw ended;
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        if (exception is RpcException known)
        {
            return known;
        }

        if (context.CancellationToken.IsCancellationRequested)
        {
            // A cut connection surfaces as an IOException or an OperationCanceledException, depending on who notices first.
            logger.CallCutShort(exception, context.Method);
            return context.Deadline <= time.GetUtcNow().UtcDateTime
                ? new RpcException(new Status(StatusCode.DeadlineExceeded, "The caller's deadline passed."))
                : new RpcException(new Status(StatusCode.Cancelled, "The caller went away."));
        }

        logger.UnhandledException(exception, context.Method);
        return FailureStatus.ToRpcException(new Failure(FailureCode.Internal, "The server failed; its log says why."));
    }
}
