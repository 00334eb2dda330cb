using DctNet.Core;
using DctNet.Core.Watermark;

namespace DctNet.Service.Options;

/// <summary>The keys of the invisible mark, and whether every result must bear it. Section <c>DctNet:Watermark</c>.</summary>
public sealed record WatermarkOptions
{
    /// <summary>
    /// File of keys: the first marks, all detect. Without it and <see cref="Keys"/> a development key is made in the data directory on first
    /// start and every start says so.
    /// </summary>
    public string? KeyFile { get; set => field = Setting.OrNone(value); }

    /// <summary>What a key file would hold, for deployments that give secrets as environment variables.</summary>
    public string? Keys { get; set => field = Setting.OrNone(value); }

    /// <summary>Refuses what has no room for a mark (under 192 pixels, over 16 to 1, or transparent everywhere), instead of giving out cartoons without one.</summary>
    public bool Required { get; set; }

    /// <summary>The keys configured; null when none are. A failure never shows them.</summary>
    public Outcome<WatermarkKeyRing>? ReadKeys() => (KeyFile, Keys) switch
    {
        ({ }, { }) => new Failure(FailureCode.InvalidOption, "DctNet:Watermark: KeyFile and Keys exclude each other."),
        ({ } path, _) => WatermarkKeyFile.Read(path),
        (_, { } text) => WatermarkKeyRing.Parse(text),
        _ => (Outcome<WatermarkKeyRing>?)null,
    };

    /// <summary>Without the keys, wherever the options may be printed.</summary>
    public override string ToString() => $"{nameof(WatermarkOptions)} {{ {nameof(KeyFile)} = {KeyFile}, {nameof(Required)} = {Required} }}";
}
