using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>What is the same in the label of every result.</summary>
/// <param name="SystemName">IPTC AISystemUsed.</param>
/// <param name="SystemVersion">Version of the system; the networks' versions are added to it.</param>
/// <param name="Tc260ProviderCode">Registered provider code of the right shape, or null for no TC260 label.</param>
/// <param name="ProviderName">Who runs the system, or null.</param>
/// <param name="VisibleLabel">Whether every picture gets the visible label, asked for or not.</param>
public sealed record LabelTemplate(
    string SystemName, string SystemVersion, string? Tc260ProviderCode = null, string? ProviderName = null, bool VisibleLabel = false)
{
    internal AiLabel For(string digitalSourceType, string model, WatermarkId id, DateTimeOffset now) => new()
    {
        DigitalSourceType = digitalSourceType,
        AiSystemUsed = SystemName,
        AiSystemVersionUsed = $"{SystemVersion} ({model})",
        InstanceId = AiLabel.NewInstanceId(),
        Provider = ProviderName,
        CreatorTool = $"{SystemName} {SystemVersion}",
        CreateDate = now,
        Tc260 = Tc260ProviderCode is null ? null : Tc260(Tc260ProviderCode, id),
    };

    private static Tc260Label Tc260(string providerCode, WatermarkId id) =>
        Tc260Label.Create(providerCode, id.ToString()).TryGet(out var label, out var failure)
            ? label
            : throw new InvalidOperationException(failure.Message);
}
