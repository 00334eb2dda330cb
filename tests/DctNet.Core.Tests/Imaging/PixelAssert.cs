using DctNet.Core.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Imaging;

internal static class PixelAssert
{
    public static double MeanAbsoluteError(PixelBuffer expected, PixelBuffer actual)
    {
        Assert.Equal((expected.Width, expected.Height, expected.Channels), (actual.Width, actual.Height, actual.Channels));
        long sum = 0;
        var a = expected.Span;
        var b = actual.Span;
        for (var i = 0; i < a.Length; i++)
        {
            sum += Math.Abs(a[i] - b[i]);
        }

        return sum / (double)a.Length;
    }

    public static void Near(PixelBuffer expected, PixelBuffer actual, double tolerance) =>
        Assert.InRange(MeanAbsoluteError(expected, actual), 0, tolerance);
}
