namespace DctNet.Training;

/// <summary>What a cached pair's file is called: <c>head-portraits-cc0_001.pair</c>, or with a variant <c>varied3-portraits-cc0_001.pair</c>.</summary>
/// <param name="Kind">A <see cref="PictureKind"/>.</param>
/// <param name="Variant">1 and up for varied views, 0 for what there is one of.</param>
/// <param name="PhotoId">See <see cref="PhotoSet.Entry"/>.</param>
internal sealed record PairName(string Kind, int Variant, string PhotoId)
{
    public const string Extension = ".pair";

    public static PairName Parse(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        var kind = name[..dash].TrimEnd(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        return new PairName(kind, kind.Length < dash ? int.Parse(name.AsSpan(kind.Length, dash - kind.Length)) : 0, name[(dash + 1)..]);
    }

    public override string ToString() => $"{Kind}{(Variant > 0 ? Variant : "")}-{PhotoId}{Extension}";
}
