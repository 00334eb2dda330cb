using System.Numerics.Tensors;
using DctNet.Core.Imaging;

namespace DctNet.Core.Watermark;

/// <summary>
/// What a picture looks like, coarsely enough to survive what a mark survives, and finely enough that a mark copied to another picture
/// shows. Two bits a block of 16 × 16 canonical pixels: flat, brighter or darker than the blocks around it.
/// </summary>
/// <remarks>
/// A block mean value hash (B. Yang, F. Gu, X. Niu: Block Mean Value Based Image Perceptual Hashing, IIH-MSP 2006) whose threshold is
/// local, as in its second method, with a third value for blocks that do not tell. Blocks instead of whole-picture statistics, so that any part
/// of the picture can be compared. Immutable. Bytes: version 1; columns; rows; then the blocks row by row, four to a byte, the first in the
/// lowest bits: 0 flat, 1 brighter, 2 darker.
/// </remarks>
public sealed class PerceptualHash
{
    /// <summary>Side of a block, in canonical pixels (512 on the short side).</summary>
    public const int BlockSide = 16;

    private const byte Version = 1;
    private const int HeaderBytes = 3;
    private const int BlocksPerByte = 4;
    private const int MaxBlocks = byte.MaxValue;

    // The surroundings of a block: 7 × 7 blocks. A block tells something when it is this many grey levels off their mean.
    private const int Radius = 3;
    private const float Significant = 3;

    // Points along each side of a block at which luma is read.
    private const int Points = 4;

    // Fewest telling blocks to compare, and how well they must agree; figures in README.md.
    private const int FewestBlocks = 40;
    private const double LeastAgreement = 0.6;

    // The mark repeats every 128 canonical pixels, so its place is ambiguous; places with less overlap than this are not tried.
    private const double LeastOverlap = 0.5;

    private readonly byte[] _bytes;

    private PerceptualHash(byte[] bytes) => _bytes = bytes;

    /// <summary>The encoded hash: about 260 bytes of a square picture, 16 KiB at most.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    private int Columns => _bytes[1];

    private int Rows => _bytes[2];

    /// <summary>Hashes a picture as it was marked. What lies beyond eight times its short side is not looked at.</summary>
    public static PerceptualHash Of(PixelBuffer marked)
    {
        ArgumentNullException.ThrowIfNull(marked);
        using var luma = new PictureLuma(marked);
        var (columns, rows) = (Math.Min(MaxBlocks, luma.Plane.Width / BlockSide), Math.Min(MaxBlocks, luma.Plane.Height / BlockSide));
        using var contrast = new Plane(columns, rows);
        Read(luma.Plane, contrast, static (x, y) => (x, y));
        Subtract(contrast);
        var bytes = new byte[HeaderBytes + (columns * rows + BlocksPerByte - 1) / BlocksPerByte];
        (bytes[0], bytes[1], bytes[2]) = (Version, (byte)columns, (byte)rows);
        for (var i = 0; i < columns * rows; i++)
        {
            var value = contrast.Span[i];
            var code = value > Significant ? 1 : value < -Significant ? 2 : 0;
            bytes[HeaderBytes + i / BlocksPerByte] |= (byte)(code << (2 * (i % BlocksPerByte)));
        }

        return new PerceptualHash(bytes);
    }

    /// <summary>Reads what <see cref="Bytes"/> gave; null where it is nothing of that kind.</summary>
    public static PerceptualHash? FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length > HeaderBytes && bytes[0] == Version && bytes[1] > 0 && bytes[2] > 0
            && bytes.Length == HeaderBytes + (bytes[1] * bytes[2] + BlocksPerByte - 1) / BlocksPerByte
            ? new PerceptualHash(bytes.ToArray())
            : null;

    /// <summary>Compares with a picture in which the mark was found.</summary>
    /// <param name="picture">The picture at hand.</param>
    /// <param name="transform">What the detection said was done to it.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ContentMatch Compare(PixelBuffer picture, TransformEstimate transform, CancellationToken cancellation = default)
    {
        using var luma = new PictureLuma(picture);
        return Compare(luma, transform, cancellation);
    }

    /// <summary>Compares with what was kept of a picture in which the mark was found.</summary>
    /// <param name="picture">The picture at hand.</param>
    /// <param name="transform">What the detection said was done to it.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ContentMatch Compare(PictureLuma picture, TransformEstimate transform, CancellationToken cancellation = default)
    {
        var agreement = Agreement(picture, transform, cancellation);
        return double.IsNaN(agreement) ? ContentMatch.Unknown : agreement < LeastAgreement ? ContentMatch.Differs : ContentMatch.Matches;
    }

    /// <summary>
    /// Share of the picture's contrast between blocks that has the sign it had when the picture was marked, minus the share that has
    /// the other: 1 where all agrees, about 0 for another picture; at the best of the places the mark leaves open. Not a number where
    /// too few blocks can be compared.
    /// </summary>
    internal double Agreement(PictureLuma picture, TransformEstimate transform, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(transform);
        var (width, height, luma) = (picture.Width, picture.Height, picture.Plane);
        using var contrast = new Plane(Columns, Rows);
        var (stepX, stepY) = (luma.Width / (double)width, luma.Height / (double)height);
        var pictureBlocks = width * (double)height / (transform.Scale * transform.Scale * BlockSide * BlockSide);
        var fewest = LeastOverlap * Math.Min(pictureBlocks, Columns * Rows);
        var best = double.NaN;
        var (fromX, toX, fromY, toY) = Periods(width, height, transform);
        for (var j = fromY; j <= toY; j++)
        {
            for (var i = fromX; i <= toX; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var (moveX, moveY) = (i * TransformEstimate.Period, j * TransformEstimate.Period);
                if (MostSeen(moveX, moveY) < Math.Max(fewest, FewestBlocks))
                {
                    continue;
                }

                var seen = Read(luma, contrast, (x, y) =>
                {
                    var (px, py) = transform.ToPicture(x + moveX, y + moveY);
                    return ((px + 0.5) * stepX - 0.5, (py + 0.5) * stepY - 0.5);
                });
                if (seen >= fewest && seen >= FewestBlocks)
                {
                    Subtract(contrast);
                    best = Math.Max(double.IsNaN(best) ? -1 : best, Agreement(contrast));
                }
            }
        }

        return best == -1 ? double.NaN : best;

        // Blocks whose middle lies in the picture: a hundredth of the work of reading them.
        int MostSeen(int moveX, int moveY)
        {
            var seen = 0;
            for (var block = 0; block < Columns * Rows; block++)
            {
                var (x, y) = transform.ToPicture(
                    ((block % Columns) + 0.5) * BlockSide - 0.5 + moveX, ((block / Columns) + 0.5) * BlockSide - 0.5 + moveY);
                seen += x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5 ? 1 : 0;
            }

            return seen;
        }
    }

    /// <summary>Block means, not a number where a block is not wholly in the plane; returns how many are.</summary>
    private static int Read(Plane luma, Plane means, Func<double, double, (double X, double Y)> place)
    {
        var seen = 0;
        for (var by = 0; by < means.Height; by++)
        {
            for (var bx = 0; bx < means.Width; bx++)
            {
                var sum = 0f;
                for (var i = 0; i < Points * Points; i++)
                {
                    var (x, y) = place(
                        bx * BlockSide + (i % Points + 0.5) * BlockSide / Points - 0.5, by * BlockSide + (i / Points + 0.5) * BlockSide / Points - 0.5);
                    sum += Around(luma, x, y);
                }

                means.Row(by)[bx] = sum / (Points * Points);
                seen += float.IsNaN(sum) ? 0 : 1;
            }
        }

        return seen;
    }

    /// <summary>Mean of the 4 × 4 samples around a place; not a number outside.</summary>
    private static float Around(Plane luma, double x, double y)
    {
        var (left, top) = ((int)Math.Floor(x) - 1, (int)Math.Floor(y) - 1);
        if (x < -0.5 || y < -0.5 || x > luma.Width - 0.5 || y > luma.Height - 0.5)
        {
            return float.NaN;
        }

        left = Math.Clamp(left, 0, luma.Width - 4);
        var sum = 0f;
        for (var i = 0; i < 4; i++)
        {
            sum += TensorPrimitives.Sum<float>(luma.ClampedRow(top + i).Slice(left, 4));
        }

        return sum / 16;
    }

    /// <summary>From every mean takes the mean of those around it.</summary>
    private static void Subtract(Plane means)
    {
        using var copy = new Plane(means.Width, means.Height);
        means.Span.CopyTo(copy.Span);
        for (var y = 0; y < means.Height; y++)
        {
            for (var x = 0; x < means.Width; x++)
            {
                var (sum, count) = (0f, 0);
                for (var j = Math.Max(0, y - Radius); j <= Math.Min(means.Height - 1, y + Radius); j++)
                {
                    foreach (var value in copy.Row(j)[Math.Max(0, x - Radius)..Math.Min(means.Width, x + Radius + 1)])
                    {
                        (sum, count) = float.IsNaN(value) ? (sum, count) : (sum + value, count + 1);
                    }
                }

                means.Row(y)[x] -= sum / count;
            }
        }
    }

    /// <summary>Which repetitions of the mark put the marked picture's corner where the two can overlap.</summary>
    private (int FromX, int ToX, int FromY, int ToY) Periods(int width, int height, TransformEstimate transform)
    {
        var corners = new[] { (0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1) }
            .Select(corner => transform.ToCanonical(corner.Item1, corner.Item2)).ToArray();
        return (
            First(corners.Min(c => c.X), Columns), Last(corners.Max(c => c.X)),
            First(corners.Min(c => c.Y), Rows), Last(corners.Max(c => c.Y)));

        static int First(double least, int blocks) => (int)Math.Ceiling((least - blocks * BlockSide) / TransformEstimate.Period);

        static int Last(double most) => (int)Math.Floor(most / TransformEstimate.Period);
    }

    private double Agreement(Plane contrast)
    {
        var (agreed, total, count) = (0.0, 0.0, 0);
        for (var i = 0; i < Columns * Rows; i++)
        {
            var code = (_bytes[HeaderBytes + i / BlocksPerByte] >> (2 * (i % BlocksPerByte))) & 3;
            var value = contrast.Span[i];
            if (code is 1 or 2 && !float.IsNaN(value))
            {
                // The root keeps a few strong edges from outvoting everything else.
                var weight = Math.Sqrt(Math.Abs(value));
                agreed += code == 1 == value > 0 ? weight : -weight;
                total += weight;
                count++;
            }
        }

        return count < FewestBlocks ? -1 : total == 0 ? 0 : agreed / total;
    }
}
