using System.Globalization;
using DctNet.Core.Cartoon.Faces;
using DctNet.Evaluation;
using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>Draws batches of crops from the cache, and keeps the held-out photos apart.</summary>
/// <remarks>Reads only what it needs; the page cache holds the rest. Call <see cref="Rescan"/> to see pairs prepared since.</remarks>
internal sealed class PairSampler(string cacheFolder, HeldOut heldOut, IReadOnlyList<string> onlyStyles)
{
    private static readonly string s_fairExtension = string.Create(CultureInfo.InvariantCulture, $".fair{FairTarget.Version}");

    /// <summary>Shifts by less change the picture: the student's strides come to 8, the teacher's to 4.</summary>
    private const int Grid = ConditionalUNet.SizeMultiple;

    private readonly Dictionary<string, PairFile> _known = [];
    private List<PairFile> _training = [];
    private PairFile[][] _groups = [];

    public IReadOnlyList<PairFile> Training => _training;

    public IReadOnlyList<PairFile> Validation { get; private set; } = [];

    /// <exception cref="InvalidOperationException">The cache has no pair to train on.</exception>
    public void Rescan()
    {
        foreach (var path in Directory.GetFiles(cacheFolder, "*.pair").Where(path => !_known.ContainsKey(path)))
        {
            _known.Add(path, PairFile.Open(path));
        }

        var parts = _known.Values.OrderBy(pair => pair.Path, StringComparer.Ordinal).ToLookup(pair => heldOut.Contains(PhotoId(pair.Path)));
        _training = [.. parts[false]];
        Validation = [.. parts[true]];
        _groups = [.. _training.GroupBy(pair => Group(pair.Path)).Select(group => group.ToArray())];
        if (_training.Count == 0)
        {
            throw new InvalidOperationException($"{cacheFolder} holds no pair to train on; run prepare first.");
        }
    }

    /// <summary>A batch: photos and targets as RGB <c>[N, 3, side, side]</c> in −1..1, and one style index each.</summary>
    /// <param name="random">Decides what is drawn.</param>
    /// <param name="count">Pictures, N.</param>
    /// <param name="most">Largest side; smaller where a picture drawn is smaller.</param>
    /// <remarks>
    /// What is done to a finished pair must be something under which the teacher's picture would have changed alike. Of all that is usual
    /// that leaves a shift by whole cells of its grid, with what lies around still in view.
    /// </remarks>
    public (Tensor Photo, Tensor Target, int[] Styles) Draw(Random random, int count, int most)
    {
        var drawn = Enumerable.Range(0, count).Select(_ =>
        {
            // Every folder of photos counts alike, and every kind: many small photos are not to outweigh the few sharp ones.
            var group = _groups[random.Next(_groups.Length)];
            var pair = group[random.Next(group.Length)];
            return (Pair: pair, Style: DrawStyle(random, pair.Styles));
        }).ToArray();
        var side = drawn.Min(one => Math.Min(most, Math.Min(one.Pair.Width, one.Pair.Height))) / Grid * Grid;
        var plane = side * side;
        var photos = new float[count * 3 * plane];
        var targets = new float[count * 3 * plane];
        for (var n = 0; n < count; n++)
        {
            var (pair, style) = drawn[n];
            var (photo, target) = ReadFair(pair, style);
            var crop = new Crop(Offset(random, pair.Width - side), Offset(random, pair.Height - side), side);
            crop.Copy(photo, pair.Width, photos.AsSpan(n * 3 * plane, 3 * plane));
            crop.Copy(target, pair.Width, targets.AsSpan(n * 3 * plane, 3 * plane));
        }

        return (tensor(photos, [count, 3, side, side]), tensor(targets, [count, 3, side, side]), Array.ConvertAll(drawn, one => one.Style));
    }

    private static int Offset(Random random, int room) => random.Next((room / Grid) + 1) * Grid;

    /// <summary>One of the styles that this run trains: all of them, or only some to bring those further in the same time.</summary>
    private int DrawStyle(Random random, string[] styles) => onlyStyles.Count == 0
        ? random.Next(styles.Length)
        : Array.IndexOf(styles, onlyStyles[random.Next(onlyStyles.Count)]) is var style and >= 0
            ? style
            : throw new InvalidOperationException($"The cache has {string.Join(' ', styles)}; one of --style is none of them.");

    /// <summary>A whole pair, cut to a multiple of the network's size, as <c>[1, 3, H, W]</c> in −1..1.</summary>
    public static (Tensor Photo, Tensor Target) Whole(PairFile pair, int style)
    {
        var (photo, target) = ReadFair(pair, style);
        return (ToTensor(photo, pair), ToTensor(target, pair));
    }

    /// <summary>A photo and its corrected target, 8-bit RGB. Corrected targets are kept beside the pair in a file of their own.</summary>
    public static (byte[] Photo, byte[] Target) ReadFair(PairFile pair, int style)
    {
        var path = Path.ChangeExtension(pair.Path, s_fairExtension);
        if (!File.Exists(path))
        {
            PairFile.Write(path, pair.Width, pair.Height, pair.Faces, pair.Landmarks, pair.Styles, [pair.Read(0).Photo, .. FairTargets(pair)]);
        }

        return PairFile.Open(path).Read(style);
    }

    // A picture without a face has no skin to know by; the teacher's pictures stand.
    private static IEnumerable<byte[]> FairTargets(PairFile pair)
    {
        var marks = pair.Landmarks;
        var fair = pair.Faces > 0
            ? new FairTarget(
                pair.Read(0).Photo,
                pair.Width,
                pair.Height,
                new FaceLandmarks(new(marks[0], marks[1]), new(marks[2], marks[3]), new(marks[4], marks[5]), new(marks[6], marks[7])))
            : null;
        return pair.Styles.Select((style, i) => fair?.Correct(pair.Read(i).Target, style) ?? pair.Read(i).Target);
    }

    private static Tensor ToTensor(byte[] pixels, PairFile pair)
        => tensor(pixels.Select(value => (value / 127.5f) - 1).ToArray(), [pair.Height, pair.Width, 3]).permute(2, 0, 1).unsqueeze(0).contiguous();

    // The kind, without the number of a variant, and the folder.
    private static (string Kind, string Folder) Group(string path)
    {
        var (name, id) = (Path.GetFileName(path), PhotoId(path));
        return (name[..name.IndexOf('-', StringComparison.Ordinal)].TrimEnd("0123456789".ToCharArray()), id[..Math.Max(0, id.LastIndexOf('_'))]);
    }

    // "head-portraits-cc0_001.pair", or with a variant "varied2-…": the photo's id is what follows the first dash.
    private static string PhotoId(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..];
    }
}
