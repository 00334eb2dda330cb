namespace DctNet.Core.Models;

/// <summary>
/// A network that draws. Image in and out are float32 of this <see cref="Layout"/>, range 0..255, H and W multiples of
/// <see cref="SizeMultiple"/>.
/// </summary>
public sealed record StylizerNetwork
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>Full path of the ONNX file.</summary>
    public required string Path { get; init; }

    /// <summary>SPDX identifier, or a pointer to the terms.</summary>
    public required string Licence { get; init; }

    /// <summary>Where the weights come from, one sentence.</summary>
    public required string Origin { get; init; }

    /// <summary>Name of the image input.</summary>
    public required string ImageInput { get; init; }

    /// <summary>Name of the style vector's input (one weight for each of <see cref="Styles"/>); null: a network of one style.</summary>
    public string? StyleInput { get; init; }

    /// <summary>Name of the image output.</summary>
    public required string Output { get; init; }

    public required PictureLayout Layout { get; init; }

    public required ChannelOrder ChannelOrder { get; init; }

    /// <summary>Height and width must be multiples of this.</summary>
    public required int SizeMultiple { get; init; }

    /// <summary>IPTC digital source type of what it draws: a full URI.</summary>
    public required string DigitalSourceType { get; init; }

    /// <summary>The network's own styles, in the order of the style vector.</summary>
    public required IReadOnlyList<string> Styles { get; init; }

    /// <summary>"name version".</summary>
    public string Label => $"{Name} {Version}";
}
