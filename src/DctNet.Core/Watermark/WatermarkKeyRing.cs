using System.Text;

namespace DctNet.Core.Watermark;

/// <summary>
/// The keys of one service in order: the first embeds, all of them detect. To rotate, put the new key first and keep the old ones
/// for as long as their pictures shall be recognised.
/// </summary>
public sealed class WatermarkKeyRing
{
    /// <summary>
    /// Most keys one ring may hold. Every key costs MAC checks, and the total over the ring is capped at
    /// <see cref="WatermarkDetector.MaxMacChecks"/>: with eight keys each still gets the whole fast path.
    /// </summary>
    public const int MaxKeys = 8;

    private readonly WatermarkKey[] _keys;

    /// <param name="keys">1 to <see cref="MaxKeys"/> different keys, the embedding one first.</param>
    public WatermarkKeyRing(params IEnumerable<WatermarkKey> keys)
    {
        _keys = [.. keys];
        if (_keys.Length is 0 or > MaxKeys || _keys.DistinctBy(key => key.Id).Count() != _keys.Length)
        {
            throw new ArgumentException($"A key ring holds 1 to {MaxKeys} different keys.", nameof(keys));
        }
    }

    /// <summary>The key new marks are made with.</summary>
    public WatermarkKey Embedding => _keys[0];

    /// <summary>All keys, in order.</summary>
    public IReadOnlyList<WatermarkKey> Keys => _keys;

    /// <summary>
    /// Reads the text of a key file: one base64 key of 32 bytes a line; blank lines and everything after <c>#</c> are ignored.
    /// The failure names the line, never its content.
    /// </summary>
    public static Outcome<WatermarkKeyRing> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = new List<WatermarkKey>();
        Span<byte> material = stackalloc byte[WatermarkKey.MaterialBytes];
        var lineNumber = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            lineNumber++;
            var comment = line.IndexOf('#');
            var content = (comment < 0 ? line : line[..comment]).Trim();
            if (content.IsEmpty)
            {
                continue;
            }

            if (!Convert.TryFromBase64Chars(content, material, out var written) || written != WatermarkKey.MaterialBytes)
            {
                return Invalid($"line {lineNumber} is not {WatermarkKey.MaterialBytes} bytes in base64");
            }

            var key = new WatermarkKey(material);
            if (keys.Exists(other => other.Id == key.Id))
            {
                return Invalid($"line {lineNumber} repeats key {key.Id}");
            }

            keys.Add(key);
        }

        material.Clear();
        return keys.Count is 0 or > MaxKeys
            ? Invalid($"{keys.Count} keys, expected 1 to {MaxKeys}")
            : new WatermarkKeyRing(keys);

        static Failure Invalid(string what) => new(FailureCode.InvalidOption, $"The watermark keys are invalid: {what}.");
    }

    /// <summary>The text <see cref="Parse"/> reads back. For writing a key file, never for a log.</summary>
    public string ExportText()
    {
        var text = new StringBuilder("# Watermark keys, 32 bytes in base64 a line. The first embeds, all detect. Keep secret.\n");
        foreach (var key in _keys)
        {
            text.Append(key.ExportBase64()).Append(" # ").Append(key.Id).Append('\n');
        }

        return text.ToString();
    }

    public override string ToString() => $"WatermarkKeyRing {string.Join(", ", _keys.Select(key => key.Id))}";
}
