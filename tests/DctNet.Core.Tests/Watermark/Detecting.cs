using DctNet.Core.Imaging;
using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

internal static class Detecting
{
    /// <summary>Detects until the test run is cancelled.</summary>
    public static DetectResult Look(this WatermarkDetector detector, PixelBuffer picture, DetectEffort effort = DetectEffort.Fast) =>
        detector.Detect(picture, effort, TestContext.Current.CancellationToken);
}
