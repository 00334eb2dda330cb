using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DctNet.Core.Cartoon.Faces;

namespace DctNet.Core.Cartoon;

/// <summary>
/// Bilinear sampling of float pictures along a similarity transform. Beyond the edge the picture's last pixels repeat: the white that
/// DCT-Net's own code puts there is an edge to the network, and it draws a line and a shade along it, inside the picture too.
/// </summary>
internal static class Warper
{
    /// <summary>More samples per axis than this are not taken; the transform would have to shrink more than eightfold.</summary>
    private const int MaxSamplesPerAxis = 8;

    /// <summary>Fills <paramref name="target"/> with <paramref name="source"/> as seen through the transform.</summary>
    /// <param name="source">The picture to sample.</param>
    /// <param name="target">The picture to fill.</param>
    /// <param name="targetToSource">Continuous coordinates of the target to those of the source.</param>
    public static void Warp(FloatImage source, FloatImage target, SimilarityTransform targetToSource)
    {
        var sampler = new Sampler(source, targetToSource);
        ref var to = ref MemoryMarshal.GetReference(target.PaddedSpan);
        for (var y = 0; y < target.Height; y++)
        {
            for (var x = 0; x < target.Width; x++)
            {
                sampler.Sample(x, y).StoreUnsafe(ref to, (nuint)((y * target.Stride) + (x * FloatImage.Channels)));
            }
        }
    }

    /// <summary>Samples one picture; a pixel that covers several source pixels takes the mean of n × n bilinear samples.</summary>
    public readonly ref struct Sampler
    {
        private readonly ReadOnlySpan<float> _pixels;
        private readonly int _width;
        private readonly int _height;
        private readonly SimilarityTransform _transform;
        private readonly int _samples;

        public Sampler(FloatImage source, SimilarityTransform targetToSource)
        {
            _pixels = source.PaddedSpan;
            (_width, _height, _transform) = (source.Width, source.Height, targetToSource);

            // Up to two source pixels a sample, bilinear weights still see every one of them.
            _samples = Math.Clamp((int)MathF.Ceiling(targetToSource.Scale / 2), 1, MaxSamplesPerAxis);
        }

        /// <summary>The source under target pixel (x, y) in the first three lanes.</summary>
        public Vector128<float> Sample(int x, int y)
        {
            if (_samples == 1)
            {
                return Bilinear(_transform.Apply(new Vector2(x + 0.5f, y + 0.5f)));
            }

            var sum = Vector128<float>.Zero;
            var step = 1f / _samples;
            for (var j = 0; j < _samples; j++)
            {
                for (var i = 0; i < _samples; i++)
                {
                    sum += Bilinear(_transform.Apply(new Vector2(x + ((i + 0.5f) * step), y + ((j + 0.5f) * step))));
                }
            }

            return sum * (step * step);
        }

        private Vector128<float> Bilinear(Vector2 point)
        {
            var (px, py) = (point.X - 0.5f, point.Y - 0.5f);
            var (fx, fy) = (MathF.Floor(px), MathF.Floor(py));
            var (x, y) = ((int)fx, (int)fy);
            var (right, down) = (Vector128.Create(px - fx), Vector128.Create(py - fy));
            var top = Mix(At(x, y), At(x + 1, y), right);
            var bottom = Mix(At(x, y + 1), At(x + 1, y + 1), right);
            return Mix(top, bottom, down);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector128<float> At(int x, int y)
        {
            (x, y) = (Math.Clamp(x, 0, _width - 1), Math.Clamp(y, 0, _height - 1));
            return Vector128.Create(_pixels.Slice(((y * _width) + x) * FloatImage.Channels, Vector128<float>.Count));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Mix(Vector128<float> a, Vector128<float> b, Vector128<float> t) => a + ((b - a) * t);
    }
}
