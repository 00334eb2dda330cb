using System.Globalization;

namespace DctNet.Training;

/// <summary>
/// What the command line says. Every option is <c>--name value</c>; <c>--photos</c>, <c>--kind</c>, <c>--style</c>, <c>--apart</c> and
/// <c>--contrast</c> may repeat.
/// </summary>
internal sealed record TrainingOptions
{
    public IReadOnlyList<string> PhotoFolders { get; init; } = [];

    public string TeacherFolder { get; init; } = "";

    /// <summary>Cache, checkpoints and log live here.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>An ONNX file with SqueezeNet 1.0's weights; without it the perceptual term is left out.</summary>
    public string? PerceptualFile { get; init; }

    /// <summary>Which pictures to prepare, in this order; see <see cref="PictureKind"/>.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [PictureKind.Head, PictureKind.Whole, PictureKind.Varied];

    /// <summary>Views of each head in the kind <see cref="PictureKind.Varied"/>.</summary>
    public int Variants { get; init; } = 8;

    /// <summary>The number of the first of them: every number is another view, so that a later run may see new ones.</summary>
    public int FirstVariant { get; init; } = 1;

    /// <summary>Styles that <c>train</c> draws from; all if empty.</summary>
    public IReadOnlyList<string> OnlyStyles { get; init; } = [];

    /// <summary>Every so many steps <c>train</c> mixes the style drawn with another; 0 for never.</summary>
    public int MixEvery { get; init; }

    /// <summary>The exported network that <c>train</c> goes on from where the work folder has no checkpoint yet.</summary>
    public string? FromFile { get; init; }

    /// <summary>
    /// Styles, with commas, that <c>train</c> makes a family of, apart from the others, where the work folder has no checkpoint yet. Without any, the
    /// families of <see cref="FromFile"/>, else one.
    /// </summary>
    public IReadOnlyList<string> Apart { get; init; } = [];

    /// <summary>Whole pictures are brought down to this short side before the teacher sees them.</summary>
    public int WholeShortSide { get; init; } = 384;

    /// <summary>The BlazeFace network of the project's models folder.</summary>
    public string DetectorFile { get; init; } = Path.Combine("models", "face", "blazeface-256.onnx");

    public int Threads { get; init; } = 2;

    /// <summary>Training steps of the whole schedule; the learning rate reaches its floor there.</summary>
    public int Steps { get; init; } = 60_000;

    /// <summary>Arithmetic of the student's convolutions: bfloat16 is nearly twice as fast where the CPU has AVX512-BF16 or AMX.</summary>
    public bool BrainFloat { get; init; }

    public float LearningRate { get; init; } = 2e-3f;

    public int CheckpointSeconds { get; init; } = 180;

    /// <summary>Validation takes as long as some dozens of steps, so it comes more rarely than a checkpoint.</summary>
    public int ValidationSeconds { get; init; } = 900;

    /// <summary>Folder with <c>catalog.json</c>; <c>export</c> writes the network there.</summary>
    public string? ModelsFolder { get; init; }

    /// <summary>The checkpoint to export or to evaluate; the last of the work folder if not given.</summary>
    public string? CheckpointFile { get; init; }

    /// <summary>What <c>export</c> adds to a style; see <see cref="ConditionalUNet.Stretch"/>.</summary>
    public IReadOnlyList<StyleContrast> Contrasts { get; init; } = [];

    public string CacheFolder => Path.Combine(WorkFolder, "cache");

    public string CheckpointFolder => Path.Combine(WorkFolder, "checkpoints");

    /// <exception cref="ArgumentException">An option is unknown, lacks its value or has one out of range, or <c>--work</c> is missing.</exception>
    public static TrainingOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new TrainingOptions { WorkFolder = "" };
        List<string> photos = [], kinds = [], styles = [], apart = [];
        List<StyleContrast> contrasts = [];
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
            {
                throw new ArgumentException($"{arguments[i]} needs a value.");
            }

            var value = arguments[i + 1];
            options = arguments[i] switch
            {
                "--photos" => Added(photos, value, options),
                "--kind" => Added(kinds, value, options),
                "--style" => Added(styles, value, options),
                "--apart" => Added(apart, value, options),
                "--from" => options with { FromFile = value },
                "--contrast" => Added(contrasts, StyleContrast.Parse(value), options),
                "--teacher" => options with { TeacherFolder = value },
                "--work" => options with { WorkFolder = value },
                "--perceptual" => options with { PerceptualFile = value },
                "--detector" => options with { DetectorFile = value },
                "--checkpoint" => options with { CheckpointFile = value },
                "--models" => options with { ModelsFolder = value },
                "--whole-short-side" => options with { WholeShortSide = Integer(value) },
                "--variants" => options with { Variants = Integer(value) },
                "--first-variant" => options with { FirstVariant = Integer(value) },
                "--mix-every" => options with { MixEvery = Integer(value) },
                "--threads" => options with { Threads = Integer(value) },
                "--steps" => options with { Steps = Integer(value) },
                "--precision" => options with { BrainFloat = value == "bfloat16" },
                "--learning-rate" => options with { LearningRate = float.Parse(value, CultureInfo.InvariantCulture) },
                "--checkpoint-seconds" => options with { CheckpointSeconds = Integer(value) },
                "--validation-seconds" => options with { ValidationSeconds = Integer(value) },
                _ => throw new ArgumentException($"Unknown option {arguments[i]}."),
            };
        }

        if (options.WorkFolder.Length == 0)
        {
            throw new ArgumentException("--work FOLDER is required.");
        }

        if (options.FirstVariant < 1)
        {
            throw new ArgumentException("--first-variant is 1 or more.");
        }

        return options with
        {
            PhotoFolders = photos, OnlyStyles = styles, Apart = apart, Kinds = kinds.Count > 0 ? kinds : options.Kinds, Contrasts = contrasts,
        };
    }

    private static TrainingOptions Added<T>(List<T> list, T value, TrainingOptions options)
    {
        list.Add(value);
        return options;
    }

    private static int Integer(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
}
