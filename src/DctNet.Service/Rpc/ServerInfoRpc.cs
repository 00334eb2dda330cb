using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Service.Composition;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Wire;
using DctNet.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImageFormat = DctNet.Core.Imaging.ImageFormat;

namespace DctNet.Service.Rpc;

/// <summary>dctnet.v1.ServerInfoService.</summary>
internal sealed class ServerInfoRpc(Engine engine, Admission admission, LimitOptions limits) : ServerInfoService.ServerInfoServiceBase
{
    public override Task<GetServerInfoResponse> GetServerInfo(GetServerInfoRequest request, ServerCallContext context)
    {
        var response = new GetServerInfoResponse
        {
            Version = ServiceVersion.Current,
            InstanceId = engine.InstanceId,
            ExecutionProvider = engine.ExecutionProvider,
            OnnxRuntimeVersion = NetworkSession.RuntimeVersion,
            WatermarkKeyId = engine.Keys.Embedding.Id,
            DevelopmentKey = engine.HasDevelopmentKey,
            Load = new Load
            {
                Requests = (uint)admission.Entries,
                InWork = (uint)admission.Places.Taken,
                WaitingInteractive = (uint)admission.Places.Waiting(Lane.Interactive),
                WaitingBulk = (uint)admission.Places.Waiting(Lane.Bulk),
            },
            Limits = new Limits
            {
                MaxUploadBytes = (ulong)limits.MaxUploadBytes,
                MaxPixels = (ulong)limits.MaxPixels,
                MaxSidePixels = (uint)limits.MaxSidePixels,
                MaxConcurrentRequests = (uint)limits.EffectiveConcurrency,
                MaxQueuedRequests = (uint)limits.MaxQueuedRequests,
                IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(limits.IdleTimeoutSeconds)),
            },
        };
        foreach (var format in System.Enum.GetValues<ImageFormat>())
        {
            response.InputMediaTypes.Add(format.MediaType());
            if (format.CanWrite())
            {
                response.OutputFormats.Add(CartoonMapping.Format(format));
            }
        }

        return Task.FromResult(response);
    }
}
