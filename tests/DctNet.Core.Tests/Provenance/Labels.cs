using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;

namespace DctNet.Core.Tests.Provenance;

internal static class Labels
{
    /// <summary>A code of the right shape that nobody holds.</summary>
    public const string ProviderCode = "001191110000000000000A00001";

    public static AiLabel Sample { get; } = new()
    {
        DigitalSourceType = DigitalSourceTypes.TrainedAlgorithmicMedia,
        AiSystemUsed = "DctNet.Grpc",
        AiSystemVersionUsed = "0.1.0 (ink 1)",
        InstanceId = "xmp.iid:5f2b8f0e-6f3a-4c56-9d8a-0a2f5a1c7e11",
        CreatorTool = "DctNet.Grpc 0.1.0",
        CreateDate = new DateTimeOffset(2026, 11, 23, 6, 30, 0, TimeSpan.Zero),
    };

    public static AiLabel WithTc260 { get; } = Sample with { Tc260 = Tc260Label.Create(ProviderCode, "00c0ffee00c0ffee").Value() };
}
