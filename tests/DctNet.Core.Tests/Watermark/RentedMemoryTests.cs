using DctNet.Core.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Alone in its collection, because the count of rented planes is one for the process.</summary>
[CollectionDefinition(nameof(RentedMemoryTests), DisableParallelization = true)]
[Collection(nameof(RentedMemoryTests))]
public sealed class RentedMemoryTests
{
    [Fact]
    public void Every_plane_goes_back_also_when_a_detection_is_cancelled()
    {
        var rented = Plane.Outstanding;
        using var picture = MarkPictures.Cartoon(300, 260);
        new WatermarkEmbedder(TestKeys.Counting).Embed(picture, new WatermarkId(1));
        var detector = new WatermarkDetector(new WatermarkKeyRing(TestKeys.Counting));
        detector.Look(picture);
        using var unmarked = MarkPictures.Noise(300, 260, 1);
        detector.Look(unmarked, DetectEffort.Full);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => detector.Detect(unmarked, DetectEffort.Full, cancelled.Token));

        Assert.Equal(rented, Plane.Outstanding);
    }
}
