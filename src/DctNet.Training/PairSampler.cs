using DctNet.Core.Cartoon.Faces;
using DctNet.Evaluation;
using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>Draws pairs from the cache, and keeps the held-out photos apart.</summary>
/// <remarks>Reads only what it needs; the page cache holds the rest. Call <see cref="Rescan"/> to see pairs prepared since.</remarks>
internal sealed class PairSampler(string cacheFolder, HeldOut heldOut, IReadOnlyList<string> onlyStyles)
{
    // Tensors, not numbers: see ConditionalUNet on short-lived scalars.
    private static readonly Tensor s_half = tensor(127.5f).DetachFromDisposeScope();
    private static readonly Tensor s_one = tensor(1f).DetachFromDisposeScope();

    private readonly Dictionary<string, PairFile> _known = [];
    private Dictionary<string, PairFile[][]> _groups = [];
    private List<PairFile> _training = [];

    public IReadOnlyList<PairFile> Training => _training;

    public IReadOnlyList<PairFile> Validation { get; private set; } = [];

    /// <summary>What the network's style vector weighs, in its order: the styles of the pair that has most of them, when first looked.</summary>
    public string[] Styles { get; private set; } = [];

    /// <exception cref="InvalidOperationException">The cache has no pair to train on.</exception>
    public void Rescan()
    {
        foreach (var path in Directory.GetFiles(cacheFolder, $"*{PairName.Extension}").Where(path => !_known.ContainsKey(path)))
        {
            _known.Add(path, PairFile.Open(path));
        }

        var parts = _known.Values.OrderBy(pair => pair.Path, StringComparer.Ordinal).ToLookup(pair => heldOut.Contains(PairName.Parse(pair.Path).PhotoId));
        _training = [.. parts[false]];
        Validation = [.. parts[true]];
        if (_training.Count == 0)
        {
            throw new InvalidOperationException($"{cacheFolder} holds no pair to train on; run prepare first.");
        }

        Styles = Styles is [] ? _training.MaxBy(pair => pair.Styles.Length)!.Styles : Styles;
        _groups = Styles.ToDictionary(
            style => style,
            style => _training.Where(pair => pair.Styles.Contains(style)).GroupBy(Group).Select(group => group.ToArray()).ToArray());
    }

    /// <summary>A style and a pair that has it, whole and as it is; see <see cref="Whole"/>.</summary>
    /// <remarks>
    /// Nothing is done to a finished pair: DCT-Net's picture of a mirrored photo is not its picture mirrored, nor is that of a part a part
    /// of that of the whole. What there is to vary is varied before the teacher sees it.
    /// </remarks>
    public (Tensor Photo, Tensor Target, int Style) Draw(Random random)
    {
        var style = DrawStyle(random);
        // Groups count by the square root of their size: many small photos are not to outweigh the few sharp ones, nor views of heads whole
        // photos; but what there is more of teaches more.
        var group = DrawGroup(random, _groups[style]);
        var (photo, target) = Whole(group[random.Next(group.Length)], style);
        return (photo, target, Array.IndexOf(Styles, style));
    }

    /// <summary>A pair that has all styles, one of those that this run trains and another, and how much there is of the first.</summary>
    /// <returns>The photo, the mean of the two targets with those weights, the weights of all styles and the index of the first.</returns>
    public (Tensor Photo, Tensor Target, Tensor Mixture, int Style) DrawMixture(Random random)
    {
        var style = DrawStyle(random);
        var index = Array.IndexOf(Styles, style);
        var other = (index + 1 + random.Next(Styles.Length - 1)) % Styles.Length;
        PairFile[][] groups = [.. _groups[style].Select(group => Array.FindAll(group, pair => pair.Styles.Length == Styles.Length)).Where(group => group.Length > 0)];
        var group = DrawGroup(random, groups);
        var pair = group[random.Next(group.Length)];
        var weights = new float[Styles.Length];
        weights[index] = random.NextSingle();
        weights[other] = 1 - weights[index];
        var mixture = tensor(weights, [1, weights.Length]);
        var (photo, target) = Whole(pair, style);
        var (_, otherTarget) = Whole(pair, Styles[other]);
        return (photo, otherTarget.lerp(target, mixture.narrow(1, index, 1).view([])), mixture, index);
    }

    private static PairFile[] DrawGroup(Random random, PairFile[][] groups)
    {
        var place = random.NextDouble() * groups.Sum(group => Math.Sqrt(group.Length));
        var index = 0;
        while (index < groups.Length - 1 && (place -= Math.Sqrt(groups[index].Length)) > 0)
        {
            index++;
        }

        return groups[index];
    }

    /// <summary>One of the styles that this run trains: all of them, or only some to bring those further in the same time.</summary>
    private string DrawStyle(Random random)
    {
        var style = onlyStyles.Count == 0 ? Styles[random.Next(Styles.Length)] : onlyStyles[random.Next(onlyStyles.Count)];
        return _groups.ContainsKey(style)
            ? style
            : throw new InvalidOperationException($"The cache has {string.Join(' ', Styles)}; --style {style} is none of them.");
    }

    /// <summary>A photo and its corrected target as RGB <c>[1, 3, H, W]</c> in −1..1.</summary>
    public static (Tensor Photo, Tensor Target) Whole(PairFile pair, string style)
    {
        var (photo, target) = ReadFair(pair, Array.IndexOf(pair.Styles, style) is var index and >= 0
            ? index
            : throw new ArgumentException($"{pair.Path} has no style {style}."));
        return (ToTensor(photo, pair), ToTensor(target, pair));
    }

    /// <summary>A photo and its corrected target, 8-bit RGB. Corrected targets are kept beside the pair in a file of their own.</summary>
    public static (byte[] Photo, byte[] Target) ReadFair(PairFile pair, int style)
    {
        var path = PairFile.FairPath(pair.Path);
        if (!File.Exists(path))
        {
            PairFile.Write(path, pair.Width, pair.Height, pair.Faces, pair.Landmarks, pair.Styles, [pair.Read(0).Photo, .. FairTargets(pair)]);
        }

        return PairFile.Open(path).Read(style);
    }

    // A picture without a face has no skin to know by; the teacher's pictures stand.
    private static ParallelQuery<byte[]> FairTargets(PairFile pair)
    {
        var marks = pair.Landmarks;
        var fair = pair.Faces > 0
            ? new FairTarget(
                pair.Read(0).Photo,
                pair.Width,
                pair.Height,
                new FaceLandmarks(new(marks[0], marks[1]), new(marks[2], marks[3]), new(marks[4], marks[5]), new(marks[6], marks[7])))
            : null;
        return pair.Styles.AsParallel().AsOrdered().Select((style, i) => fair?.Correct(pair.Read(i).Target, style) ?? pair.Read(i).Target);
    }

    private static Tensor ToTensor(byte[] pixels, PairFile pair)
        => tensor(pixels, [pair.Height, pair.Width, 3]).permute(2, 0, 1).unsqueeze(0).to(ScalarType.Float32).contiguous().div_(s_half).sub_(s_one);

    private static (string Kind, string Folder) Group(PairFile pair)
        => PairName.Parse(pair.Path) is var name ? (name.Kind, PhotoSet.Folder(name.PhotoId)) : default;
}
