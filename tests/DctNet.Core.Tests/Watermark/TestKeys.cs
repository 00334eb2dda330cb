using DctNet.Core.Watermark;

namespace DctNet.Core.Tests.Watermark;

/// <summary>Fixed keys, so that failures repeat.</summary>
internal static class TestKeys
{
    /// <summary>Bytes 00, 01, … 1f: the key of the test vectors in FORMAT.md.</summary>
    public static readonly WatermarkKey Counting = new([.. Enumerable.Range(0, WatermarkKey.MaterialBytes).Select(i => (byte)i)]);

    public static WatermarkKey Numbered(int number)
    {
        var material = new byte[WatermarkKey.MaterialBytes];
        new Random(number).NextBytes(material);
        return new WatermarkKey(material);
    }
}
