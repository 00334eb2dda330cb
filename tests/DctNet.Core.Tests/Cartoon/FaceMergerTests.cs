using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public class FaceMergerTests
{
    [Fact]
    public void Detections_of_one_face_become_one_and_another_face_stays()
    {
        var merged = FaceMerger.Merge([Face(10, 10, 40, 40, 0.9f), Face(12, 10, 40, 40, 0.8f), Face(200, 10, 40, 40, 0.7f)]);

        Assert.Equal(2, merged.Count);
        Assert.InRange(merged[0].Box.X, 10, 12);
        Assert.Equal(200, merged[1].Box.X, 0.01);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-5f)]
    [InlineData(1e-30f)]
    [InlineData(float.NaN)]
    public void A_box_without_area_ends_the_merge_all_the_same(float side)
    {
        var merged = FaceMerger.Merge([Face(10, 10, side, side, 0.9f), Face(100, 100, 40, 40, 0.8f)]);

        Assert.Contains(merged, face => face.Box.X == 100);
    }

    private static DetectedFace Face(float x, float y, float width, float height, float score) => new(
        new FaceBox(x, y, width, height),
        score,
        new FaceLandmarks(new Vector2(x, y), new Vector2(x + 1, y), new Vector2(x, y + 1), new Vector2(x + 1, y + 1)));
}
