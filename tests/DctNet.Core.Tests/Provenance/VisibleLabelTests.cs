using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Core.Tests.Watermark;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

public class VisibleLabelTests
{
    /// <summary>The least contrast of text by WCAG 2.2, 1.4.3.</summary>
    private const double LeastContrast = 4.5;

    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(3000, 4000)]
    [InlineData(640, 360)]
    [InlineData(300, 1200)]
    [InlineData(1200, 300)]
    public void Its_capitals_are_at_least_5_percent_of_the_shortest_side(int width, int height)
    {
        using var picture = Filled(width, height, 3, 128);

        VisibleLabel.Draw(picture);

        // The first letter is a capital A: the columns from the first white one to the gap before the next letter.
        var (first, last) = (int.MaxValue, -1);
        var left = Columns(picture).First(column => column.White).X;
        var right = Columns(picture).First(column => column.X > left && !column.White).X;
        for (var y = 0; y < height; y++)
        {
            for (var x = left; x < right; x++)
            {
                if (picture.Row(y)[x * 3] > 200)
                {
                    (first, last) = (Math.Min(first, y), y);
                }
            }
        }

        Assert.InRange(last - first + 1, 0.05 * Math.Min(width, height), 0.08 * Math.Max(200, Math.Min(width, height)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData(255)]
    public void It_is_legible_on_any_background(byte background)
    {
        using var picture = Filled(512, 512, 3, background);

        VisibleLabel.Draw(picture);

        var plate = picture.Row(511 - 12)[(511 - 12) * 3];
        Assert.True(Contrast(255, plate) >= LeastContrast, $"white on {plate}");
        Assert.Contains((byte)255, picture.Span[(400 * 512 * 3)..].ToArray());
        Assert.Equal(background, picture.Row(0)[0]);
    }

    [Fact]
    public void It_shows_where_the_picture_is_transparent()
    {
        using var picture = Filled(512, 512, 4, 0);

        VisibleLabel.Draw(picture);

        Assert.Equal(0, picture.Row(0)[3]);
        Assert.Equal(153, picture.Row(511 - 12)[((511 - 12) * 4) + 3]); // the plate's opacity, 0.6
        Assert.Contains(Enumerable.Range(0, 512 * 512), i => picture.Span[i * 4] == 255 && picture.Span[(i * 4) + 3] == 255);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(16, 4000)]
    [InlineData(4000, 16)]
    [InlineData(64, 48)]
    public void It_stays_inside_pictures_of_any_shape(int width, int height)
    {
        using var picture = Filled(width, height, 3, 200);

        VisibleLabel.Draw(picture);

        Assert.Contains(picture.Span.ToArray(), value => value != 200);
    }

    [Fact]
    public void The_watermark_is_found_in_a_labelled_picture()
    {
        using var picture = MarkPictures.Cartoon(640, 640);
        VisibleLabel.Draw(picture);
        var id = new WatermarkId(0x1234);
        Assert.True(new WatermarkEmbedder(TestKeys.Counting).Embed(picture, id).Marked);

        var found = new WatermarkDetector(new WatermarkKeyRing(TestKeys.Counting)).Detect(picture, DetectEffort.Fast, TestContext.Current.CancellationToken);

        Assert.Equal(id, found.Id);
    }

    private static PixelBuffer Filled(int width, int height, int channels, byte value)
    {
        var picture = new PixelBuffer(width, height, channels);
        picture.Span.Fill(value);
        return picture;
    }

    private static IEnumerable<(int X, bool White)> Columns(PixelBuffer picture) => Enumerable.Range(0, picture.Width)
        .Select(x => (x, Enumerable.Range(0, picture.Height).Any(y => picture.Span[((y * picture.Width) + x) * 3] > 200)));

    private static double Contrast(byte light, byte dark) => (Luminance(light) + 0.05) / (Luminance(dark) + 0.05);

    /// <summary>Relative luminance of a grey by WCAG 2.2.</summary>
    private static double Luminance(byte grey)
    {
        var value = grey / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }
}
