using System.Buffers;
using System.Numerics;
using DctNet.Core.Cartoon.Faces;

namespace DctNet.Core.Cartoon;

/// <summary>
/// Puts drawn heads into the drawn picture. The result at a pixel is <c>b·(1 − A) + A·Σ wᵢhᵢ / Σ wᵢ</c>: b the picture, hᵢ the heads,
/// A the largest of their opacities, and <c>wᵢ = (1 − rᵢ)⁶</c> by the radius rᵢ in each head's mask.
/// </summary>
/// <remarks>
/// The sixth power gives a pixel that two heads claim to the one whose middle is nearer, with a short cross-fade between them: an even
/// average would show both drawings, every edge twice. The result does not depend on the order of the heads.
/// </remarks>
internal sealed class HeadBlender : IDisposable
{
    /// <summary>Keeps the sixth power a normal float at the mask's very edge.</summary>
    private const float MinDepth = 1e-3f;

    private readonly FloatImage _picture;
    private readonly FloatImage _heads;
    private readonly float[] _weights;
    private readonly float[] _opacities;

    /// <summary>Starts on a drawn picture, which <see cref="Finish"/> changes.</summary>
    public HeadBlender(FloatImage picture)
    {
        _picture = picture;
        _heads = new FloatImage(picture.Width, picture.Height);
        _heads.PaddedSpan.Clear();
        var count = picture.Width * picture.Height;
        _weights = ArrayPool<float>.Shared.Rent(count);
        _opacities = ArrayPool<float>.Shared.Rent(count);
        _weights.AsSpan(0, count).Clear();
        _opacities.AsSpan(0, count).Clear();
    }

    /// <summary>Adds a drawn head.</summary>
    public void Add(FloatImage head, SimilarityTransform pictureToHead)
    {
        var sampler = new Warper.Sampler(head, pictureToHead);
        var (left, top, right, bottom) = Bounds(pictureToHead.Inverse());
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                var radius = HeadMask.Radius(pictureToHead.Apply(new Vector2(x + 0.5f, y + 0.5f)));
                if (radius >= 1f)
                {
                    continue;
                }

                var depth = MathF.Max(1f - radius, MinDepth);
                var weight = depth * depth * depth;
                weight *= weight;
                var index = (y * _picture.Width) + x;
                var colour = sampler.Sample(x, y) * weight;
                var sum = _heads.Span.Slice(index * FloatImage.Channels, FloatImage.Channels);
                sum[0] += colour[0];
                sum[1] += colour[1];
                sum[2] += colour[2];
                _weights[index] += weight;
                _opacities[index] = MathF.Max(_opacities[index], HeadMask.Opacity(radius));
            }
        }
    }

    /// <summary>Writes the heads into the picture.</summary>
    public void Finish()
    {
        var picture = _picture.Span;
        var heads = _heads.Span;
        for (var i = 0; i < _picture.Width * _picture.Height; i++)
        {
            if (_opacities[i] == 0)
            {
                continue;
            }

            var (opacity, scale) = (_opacities[i], 1f / _weights[i]);
            for (var c = i * FloatImage.Channels; c < (i + 1) * FloatImage.Channels; c++)
            {
                picture[c] += opacity * ((heads[c] * scale) - picture[c]);
            }
        }
    }

    public void Dispose()
    {
        _heads.Dispose();
        ArrayPool<float>.Shared.Return(_weights);
        ArrayPool<float>.Shared.Return(_opacities);
    }

    /// <summary>The pixels that the head's square can touch.</summary>
    private (int Left, int Top, int Right, int Bottom) Bounds(SimilarityTransform headToPicture)
    {
        const float Size = HeadAligner.HeadSize;
        var (a, b) = (headToPicture.Apply(Vector2.Zero), headToPicture.Apply(new Vector2(Size, 0)));
        var (c, d) = (headToPicture.Apply(new Vector2(0, Size)), headToPicture.Apply(new Vector2(Size)));
        var end = new Vector2(_picture.Width, _picture.Height);
        var low = Vector2.Clamp(Vector2.Min(Vector2.Min(a, b), Vector2.Min(c, d)), Vector2.Zero, end);
        var high = Vector2.Clamp(Vector2.Max(Vector2.Max(a, b), Vector2.Max(c, d)), Vector2.Zero, end);
        return ((int)low.X, (int)low.Y, (int)MathF.Ceiling(high.X), (int)MathF.Ceiling(high.Y));
    }
}
