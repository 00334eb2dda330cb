using DctNet.Core.Inference;

namespace DctNet.Training;

/// <summary>The teacher networks of a folder, one a style; each maps BGR <c>[H, W, 3]</c> float 0..255 to the same.</summary>
internal sealed class Teacher : IDisposable
{
    /// <summary>Sides of the input must be multiples of this: two halvings, and the padding of the official pipeline.</summary>
    public const int SizeMultiple = 16;

    private const string Prefix = "dctnet_";
    private const string Suffix = "_fp16w";
    private const string Input = "input_image";
    private const string Output = "output_image";

    // The order of the official model list; styles of one's own follow by name.
    private static readonly string[] s_officialOrder = ["artstyle", "design", "illustration", "sketch", "handdrawn", "3d", "anime"];

    private readonly List<NetworkSession> _sessions = [];

    /// <exception cref="InvalidOperationException">A network does not load.</exception>
    public Teacher(string folder, int threads)
    {
        var files = Directory.GetFiles(folder, "*.onnx").ToDictionary(StyleName, StringComparer.Ordinal);
        if (files.Count == 0)
        {
            throw new InvalidOperationException($"{folder} holds no .onnx file.");
        }

        Styles = [.. s_officialOrder.Where(files.ContainsKey), .. files.Keys.Except(s_officialOrder).Order(StringComparer.Ordinal)];
        foreach (var style in Styles)
        {
            _sessions.Add(Sessions.Open(files[style], threads));
        }
    }

    /// <summary>Style names in the order of the planes of a <see cref="PairFile"/> and of the student's style vector.</summary>
    public string[] Styles { get; }

    public byte[] Run(int style, byte[] rgb, int width, int height)
    {
        var input = new float[rgb.Length];
        for (var i = 0; i < rgb.Length; i += 3)
        {
            (input[i], input[i + 1], input[i + 2]) = (rgb[i + 2], rgb[i + 1], rgb[i]);
        }

        var bgr = Run(style, input, width, height);
        var result = new byte[rgb.Length];
        for (var i = 0; i < result.Length; i += 3)
        {
            (result[i], result[i + 1], result[i + 2]) = (ToByte(bgr[i + 2]), ToByte(bgr[i + 1]), ToByte(bgr[i]));
        }

        return result;
    }

    /// <summary>The network itself: BGR 0..255 in and out.</summary>
    public float[] Run(int style, float[] bgr, int width, int height)
    {
        var result = new float[bgr.Length];
        long[] shape = [height, width, 3];
        _sessions[style].Run([new NamedTensor(Input, bgr, shape)], [new NamedTensor(Output, result, shape)], CancellationToken.None);
        return result;
    }

    public void Dispose() => _sessions.ForEach(session => session.Dispose());

    private static byte ToByte(float value) => (byte)Math.Clamp(MathF.Round(value), 0, 255);

    private static string StyleName(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        name = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
    }
}
