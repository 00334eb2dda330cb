using DctNet.C2pa.Verification;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Uploads;
using DctNet.V1;
using Grpc.Core;
using Verdict = DctNet.Core.Pipeline.Verdict;

namespace DctNet.Service.Rpc;

/// <summary>dctnet.v1.ProvenanceService. The upload lives in memory until the answer is made, and nowhere else.</summary>
internal sealed class ProvenanceRpc(VerificationPipeline verification, Admission admission, LimitOptions limits, TimeProvider time)
    : ProvenanceService.ProvenanceServiceBase
{
    public override async Task<VerifyResponse> Verify(IAsyncStreamReader<VerifyRequest> requestStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        using var entry = admission.Enter(Caller.Of(context.GetHttpContext()).Tenant).OrThrow();
        using var reader = new UploadReader<VerifyRequest>(requestStream, limits, time, cancellation);
        var header = (await reader.ReadHeaderAsync(message => message.Header)).OrThrow();
        using var upload = (await reader.ReadBodyAsync(
            message => message.MessageCase == VerifyRequest.MessageOneofCase.Chunk ? message.Chunk : null, declaredBytes: 0)).OrThrow();

        var work = new Work(Lane.Interactive, verification.DecodedBytes(upload.Bytes), context.Deadline);
        using var place = (await admission.WaitForPlaceAsync(work, cancellation)).OrThrow();
        var effort = header.Effort == DetectionEffort.Full ? DetectEffort.Full : DetectEffort.Fast;
        var caller = Caller.Of(context.GetHttpContext());
        return ToResponse((await verification.RunAsync(upload.Bytes, effort, caller.Tenant, cancellation)).OrThrow());
    }

    private static VerifyResponse ToResponse(VerificationReport report)
    {
        var (labels, mark) = (report.Labels, report.Watermark);
        return new VerifyResponse
        {
            Verdict = report.Verdict switch
            {
                Verdict.Verified => V1.Verdict.Verified,
                Verdict.Claimed => V1.Verdict.Claimed,
                _ => V1.Verdict.None,
            },
            Summary = report.Summary,
            C2Pa = C2pa(report.Credential),
            Xmp = new XmpLayer
            {
                Present = labels.NamesAi,
                DigitalSourceType = labels.DigitalSourceType ?? "",
                AiSystemUsed = labels.AiSystemUsed ?? "",
                AiSystemVersionUsed = labels.AiSystemVersionUsed ?? "",
                UnreadableReason = labels.Xmp == LayerState.Unreadable ? "The XMP packet is damaged or not XML." : "",
            },
            Tc260 = new Tc260Layer
            {
                Present = labels.Tc260.State == LayerState.Present,
                Label = labels.Tc260.Label ?? "",
                ContentProducer = labels.Tc260.ContentProducer ?? "",
                ProduceId = labels.Tc260.ProduceId ?? "",
            },
            Watermark = new WatermarkLayer
            {
                Found = mark.Found,
                Id = mark.Id?.ToString() ?? "",
                KeyId = mark.KeyId ?? "",
                Step = mark.Path switch
                {
                    DetectPath.Direct => DetectionStep.Direct,
                    DetectPath.Scale => DetectionStep.Scale,
                    DetectPath.Rotation => DetectionStep.Rotation,
                    DetectPath.Aspect => DetectionStep.Aspect,
                    _ => throw new InvalidOperationException($"Detection step {mark.Path} is not in the contract."),
                },
                FalsePositiveBound = mark.FalsePositiveBound,
            },
            Ledger = new LedgerLayer { Found = report.Record is not null },
        };
    }

    private static C2paLayer C2pa(ValidationReport credential)
    {
        var signer = credential.Manifest?.Signer;
        return new C2paLayer
        {
            State = credential.State switch
            {
                ValidationState.Trusted => C2paState.Trusted,
                ValidationState.Valid => C2paState.Valid,
                ValidationState.Untrusted => C2paState.Untrusted,
                ValidationState.Invalid => C2paState.Invalid,
                _ => C2paState.Absent,
            },
            Codes = { credential.Codes },
            Signer = signer?.Organization ?? signer?.CommonName ?? "",
            Development = signer?.IsDevelopment ?? false,
        };
    }
}
