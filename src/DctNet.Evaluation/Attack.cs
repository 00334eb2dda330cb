using DctNet.Core.Imaging;
using NetVips;

namespace DctNet.Evaluation;

/// <summary>One thing people do to pictures, with real encoders and resamplers. Deterministic: what is random has a fixed seed.</summary>
/// <param name="name">Lower case, without spaces: it is typed on command lines.</param>
/// <param name="group">The promise it belongs to.</param>
/// <param name="edit">The edit of an RGB picture; must not dispose what it is given.</param>
public sealed class Attack(string name, AttackGroup group, Func<Image, Image> edit)
{
    public string Name => name;

    public AttackGroup Group => group;

    /// <summary>The edited picture, always RGB; the original is not changed. Transparent pixels are laid on white first.</summary>
    public PixelBuffer Apply(PixelBuffer picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using var image = VipsConversion.ToRgb(picture);
        using var edited = edit(image);
        return VipsConversion.ToPixels(edited);
    }
}
