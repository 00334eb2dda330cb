using DctNet.C2pa.Verification;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ContentMatch = DctNet.Core.Watermark.ContentMatch;
using LedgerState = DctNet.Core.Provenance.LedgerState;
using Verdict = DctNet.Core.Pipeline.Verdict;

namespace DctNet.Service.Wire;

/// <summary>From a report to the message of dctnet.v1.</summary>
internal static class VerificationMapping
{
    /// <param name="report">What was found.</param>
    /// <param name="system">Name of this system.</param>
    /// <param name="withManifest">Whether the caller wants the manifest on record.</param>
    public static VerifyResponse Response(VerificationReport report, string system, bool withManifest) => new()
    {
        Verdict = report.Verdict switch
        {
            Verdict.Verified => V1.Verdict.Verified,
            Verdict.Claimed => V1.Verdict.Claimed,
            _ => V1.Verdict.None,
        },
        Summary = report.Summary,
        C2Pa = C2pa(report.Credential),
        Xmp = Xmp(report.Labels),
        Tc260 = new Tc260Layer
        {
            Present = report.Labels.Tc260.State == LayerState.Present,
            Label = report.Labels.Tc260.Label ?? "",
            ContentProducer = report.Labels.Tc260.ContentProducer ?? "",
            ProduceId = report.Labels.Tc260.ProduceId ?? "",
        },
        Watermark = Watermark(report.Watermark, report.Ledger),
        Ledger = Ledger(report.Ledger, system, withManifest),
    };

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
                ValidationState.Absent => C2paState.Absent,
                _ => C2paState.Unspecified, // Not examined.
            },
            Codes = { credential.Codes },
            Signer = signer?.Organization ?? signer?.CommonName ?? "",
            Development = signer?.IsDevelopment ?? false,
        };
    }

    private static XmpLayer Xmp(LabelReport labels) => new()
    {
        Present = labels.NamesAi,
        DigitalSourceType = labels.DigitalSourceType ?? "",
        AiSystemUsed = labels.AiSystemUsed ?? "",
        AiSystemVersionUsed = labels.AiSystemVersionUsed ?? "",
        UnreadableReason = labels.Xmp == LayerState.Unreadable ? "The XMP packet is damaged or not XML." : "",
    };

    private static WatermarkLayer Watermark(DetectResult mark, LedgerFinding ledger) => new()
    {
        Found = mark.Found,
        Id = mark.Id?.ToString() ?? "",
        KeyId = mark.KeyId ?? "",

        // Which step found it tells a stranger who wears a mark down how far he has come.
        Step = mark.Found && ledger.Own is null ? DetectionStep.Unspecified : Step(mark.Path),
        FalsePositiveBound = mark.FalsePositiveBound,
    };

    private static LedgerLayer Ledger(LedgerFinding finding, string system, bool withManifest)
    {
        var layer = new LedgerLayer
        {
            Found = finding.State == LedgerState.Found,
            State = State(finding.State),
            Content = finding.Content switch
            {
                ContentMatch.Matches => V1.ContentMatch.Matches,
                ContentMatch.Differs => V1.ContentMatch.Differs,
                _ => V1.ContentMatch.Unspecified,
            },
            CreatedAt = finding.CreatedAt is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            System = finding.State == LedgerState.Found ? system : "",
        };
        if (finding.Own is { } own)
        {
            (layer.Style, layer.Model, layer.ParentId) = (own.Style, own.Model, own.ParentId?.ToString() ?? "");
            if (own.Strength is { } strength)
            {
                layer.Strength = strength;
            }
        }

        if (withManifest && finding.Manifest is { } manifest)
        {
            layer.Manifest = UnsafeByteOperations.UnsafeWrap(manifest);
        }

        return layer;
    }

    private static DetectionStep Step(DetectPath path) => path switch
    {
        DetectPath.Direct => DetectionStep.Direct,
        DetectPath.Scale => DetectionStep.Scale,
        DetectPath.Rotation => DetectionStep.Rotation,
        DetectPath.Aspect => DetectionStep.Aspect,
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "A step that is not in the contract."),
    };

    private static V1.LedgerState State(LedgerState state) => state switch
    {
        LedgerState.NotAsked => V1.LedgerState.NotAsked,
        LedgerState.NotKept => V1.LedgerState.NotKept,
        LedgerState.Unavailable => V1.LedgerState.Unavailable,
        LedgerState.NotFound => V1.LedgerState.NotFound,
        LedgerState.Found => V1.LedgerState.Found,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state that is not in the contract."),
    };
}
