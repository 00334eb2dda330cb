using DctNet.Core;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;

namespace DctNet.Evaluation;

/// <summary>Heads side by side, for eyes: a row a photo, and in it the photo and, style by style, the teacher's picture and the student's.</summary>
/// <param name="styles">The styles in the order of the columns.</param>
/// <param name="maxRows">Photos after these are left out.</param>
public sealed class ContactSheet(IReadOnlyList<string> styles, int maxRows = 12)
{
    private const int Cell = HeadAligner.HeadSize;
    private const int LabelScale = 2;
    private const int LabelMargin = 4;
    private const int LabelHeight = (LabelFont.GlyphHeight * LabelScale) + (2 * LabelMargin);

    private readonly List<IReadOnlyList<byte[]>> _rows = [];

    /// <summary>The sheet as PNG; a sheet without rows is its labels.</summary>
    public Outcome<EncodedImage> Encode()
    {
        string[] labels = ["photo", .. styles.SelectMany(style => new[] { $"{style} teacher", $"{style} student" })];
        using var sheet = new PixelBuffer(labels.Length * Cell, LabelHeight + (_rows.Count * Cell), channels: 3);
        sheet.Span.Fill(255);
        for (var column = 0; column < labels.Length; column++)
        {
            LabelFont.Draw(labels[column], sheet, (column * Cell) + LabelMargin, LabelMargin, LabelScale, Cell - LabelMargin);
            for (var row = 0; row < _rows.Count; row++)
            {
                Paste(_rows[row][column], sheet, column * Cell, LabelHeight + (row * Cell));
            }
        }

        return ImageEncoder.Encode(sheet, new EncodeOptions { Format = ImageFormat.Png });
    }

    /// <summary>A row of heads, 8-bit RGB, as many as there are columns.</summary>
    internal void Add(IReadOnlyList<byte[]> heads)
    {
        if (_rows.Count < maxRows)
        {
            _rows.Add(heads);
        }
    }

    private static void Paste(byte[] head, PixelBuffer sheet, int left, int top)
    {
        const int Stride = Cell * 3;
        for (var y = 0; y < Cell; y++)
        {
            head.AsSpan(y * Stride, Stride).CopyTo(sheet.Row(top + y)[(left * 3)..]);
        }
    }
}
