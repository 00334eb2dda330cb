using DctNet.Core.Pipeline;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Uploads;
using DctNet.Service.Wire;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Service.Rpc;

/// <summary>dctnet.v1.ProvenanceService. The upload lives in memory until the answer is made, and nowhere else.</summary>
internal sealed class ProvenanceRpc(
    VerificationPipeline verification, VerificationLane lane, LimitOptions limits, LabelOptions label, TimeProvider time)
    : ProvenanceService.ProvenanceServiceBase
{
    public override async Task<VerifyResponse> Verify(IAsyncStreamReader<VerifyRequest> requestStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        var http = context.GetHttpContext();
        using var entry = lane.Enter(http).OrThrow();
        using var reader = new UploadReader<VerifyRequest>(requestStream, limits, time, cancellation);
        var header = (await reader.ReadHeaderAsync(message => message.Header)).OrThrow();
        using var upload = (await reader.ReadBodyAsync(
            message => message.MessageCase == VerifyRequest.MessageOneofCase.Chunk ? message.Chunk : null, declaredBytes: 0)).OrThrow();

        var work = new Work(Lane.Interactive, verification.DecodedBytes(upload.Bytes).OrThrow(), context.Deadline);
        using var place = (await lane.WaitForPlaceAsync(work, cancellation)).OrThrow();
        var effort = header.Effort == DetectionEffort.Full ? DetectEffort.Full : DetectEffort.Fast;
        var report = (await verification.RunAsync(upload.Bytes, effort, Caller.Of(http).Tenant, place, cancellation)).OrThrow();
        return VerificationMapping.Response(report, label.SystemName, header.IncludeManifest);
    }
}
