using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Evaluation;

/// <summary>
/// Marks pictures, attacks them and looks for the marks. Key and ids are fixed (they follow from a seed and the picture's name), so the
/// same pictures give the same figures, times apart. Safe for concurrent use.
/// </summary>
/// <param name="attacks">What to do to each picture.</param>
/// <param name="effort">How far to look.</param>
/// <param name="seed">Another seed, other ids.</param>
public sealed class Evaluator(IReadOnlyList<Attack> attacks, DetectEffort effort, int seed = 0)
{
    // Nothing is protected by this key.
    private static readonly WatermarkKey s_key = new(SHA256.HashData("dctnet/evaluation"u8));

    private readonly WatermarkEmbedder _embedder = new(s_key);
    private readonly WatermarkDetector _detector = new(new WatermarkKeyRing(s_key));

    /// <summary>Runs all attacks on one picture.</summary>
    public PictureEvaluation Evaluate(string name, PixelBuffer picture, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(picture);
        var id = IdOf(name);
        var (unmarked, unmarkedTime) = Time(() => _detector.Detect(picture, effort, cancellationToken));
        using var marked = picture.Clone();
        var (embedding, embedTime) = Time(() => _embedder.Embed(marked, id));
        var hash = PerceptualHash.Of(marked);
        IEnumerable<Attack> tried = embedding.Marked ? attacks : [];
        return new PictureEvaluation(
            name, picture.Width, picture.Height, embedding, embedTime, unmarked, unmarkedTime, [.. tried.Select(Try)]);

        Trial Try(Attack attack)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var attacked = attack.Apply(marked);
            var (found, time) = Time(() => _detector.Detect(attacked, effort, cancellationToken));
            var content = found.Transform is { } transform ? hash.Compare(attacked, transform, cancellationToken) : ContentMatch.Unknown;
            return new Trial(attack, found.Id == id, found.Found && found.Id != id, found.Path, content, time);
        }
    }

    private static (T Result, double Milliseconds) Time<T>(Func<T> action)
    {
        var start = Stopwatch.GetTimestamp();
        var result = action();
        return (result, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private WatermarkId IdOf(string name) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{name}"))));
}
