using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DctNet.Core.Models;
using DctNet.ModelTools;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace DctNet.Training;

/// <summary>Turns a checkpoint into the bundled network: writes it, proves it against TorchSharp, times it, enters it in the catalog.</summary>
internal sealed class ExportCommand(TrainingOptions options, RunLog log)
{
    private const string NetworkName = "dctnet-distilled";
    public const string FileName = "cartoon.onnx";

    /// <summary>Largest difference from TorchSharp that is still rounding, in levels of 255.</summary>
    private const float Tolerance = 0.05f;

    /// <summary>Far more than rounding the same values twice makes.</summary>
    private const float ReadTolerance = 1e-4f;

    private const int TimedRuns = 7;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="InvalidOperationException">
    /// The exported network does not compute what the trained one does, or the catalog does not load.
    /// </exception>
    public void Run()
    {
        set_num_threads(options.Threads);
        var checkpoint = Checkpoint.Load(options.CheckpointFile ?? Trainer.LastCheckpoint(options.CheckpointFolder));
        using var network = new ConditionalUNet(checkpoint.Families, seed: 1);
        network.Fill(checkpoint.Average);
        foreach (var contrast in options.Contrasts)
        {
            network.Stretch(IndexOf(checkpoint.Styles, contrast.Style), contrast.Gain, contrast.Pivot);
        }

        // As stored: the comparison is then about the graph, not about the rounding of the weights.
        Round(network);
        var model = OnnxExporter.Export(network, new StudentFacts(checkpoint.Styles, checkpoint.Families, checkpoint.Step, options.Contrasts));
        var folder = options.ModelsFolder ?? throw new InvalidOperationException("export needs --models FOLDER.");
        var path = Path.Combine(folder, FileName);
        var candidate = path + ".new";
        File.WriteAllBytes(candidate, model);
        using (var student = new Student(candidate, options.Threads))
        {
            foreach (var (width, height) in new[] { (288, 288), (720, 480), (64, 8) })
            {
                Compare(network, student, width, height);
            }
        }

        Reread(network, candidate, checkpoint);
        Time(candidate, checkpoint.Styles.Count);
        File.Move(candidate, path, overwrite: true);
        UpdateCatalog(Path.Combine(folder, "catalog.json"), checkpoint, Convert.ToHexStringLower(SHA256.HashData(model)));
        if (!ModelCatalog.Load(folder).TryGet(out _, out var failure))
        {
            throw new InvalidOperationException(failure.Message);
        }

        log.Write($"export: step {checkpoint.Step}, {model.Length} bytes");
    }

    /// <summary>Proves that training can go on from the file.</summary>
    private void Reread(ConditionalUNet network, string path, Checkpoint checkpoint)
    {
        foreach (var contrast in options.Contrasts)
        {
            network.Stretch(IndexOf(checkpoint.Styles, contrast.Style), -contrast.Gain, contrast.Pivot);
        }

        var read = StoredStudent.Read(path).Vectors(network, checkpoint.Families)[0];
        var expected = network.Parameters.SelectMany(parameter => MemoryMarshal.Cast<byte, float>(parameter.bytes).ToArray());
        if (!expected.Zip(read).All(pair => MathF.Abs(pair.First - pair.Second) <= ReadTolerance * MathF.Max(1, MathF.Abs(pair.First))))
        {
            throw new InvalidOperationException("The exported file does not read back as what was trained.");
        }
    }

    private static void Round(ConditionalUNet network)
    {
        foreach (var parameter in network.Parameters)
        {
            var values = MemoryMarshal.Cast<byte, float>(parameter.bytes);
            if (parameter.shape is [var outputs, _, _, _])
            {
                var (integers, scales) = ByteRows.Quantize(values, (int)outputs);
                ByteRows.Values(integers, scales).CopyTo(values);
            }
            else
            {
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = (float)(Half)values[i];
                }
            }
        }
    }

    private static int IndexOf(IReadOnlyList<string> styles, string style)
        => styles.ToList().IndexOf(style) is >= 0 and var index ? index : throw new ArgumentException($"The checkpoint has no style {style}.");

    private void Compare(ConditionalUNet network, Student student, int width, int height)
    {
        var random = new Random(1);
        var pixels = Enumerable.Range(0, width * height * 3).Select(i => (float)random.Next(256)).ToArray();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var image = (tensor(pixels, [height, width, 3]).permute(2, 0, 1).unsqueeze(0) / 127.5f) - 1;
        var mixture = Enumerable.Range(0, network.Styles).Select(i => i + 1f).ToArray();
        mixture = [.. mixture.Select(weight => weight / mixture.Sum())];
        var difference = Difference(mixture, network.Forward(image, tensor(mixture, [1, mixture.Length]), learner: 0));
        for (var style = 0; style < network.Styles; style++)
        {
            var alone = new float[network.Styles];
            alone[style] = 1;
            difference = MathF.Max(difference, Difference(alone, network.Forward(image, style)));
        }

        log.Write(string.Create(CultureInfo.InvariantCulture, $"export: {width} x {height} differs from TorchSharp by at most {difference:E1} of 255"));
        if (!(difference <= Tolerance))
        {
            throw new InvalidOperationException($"The exported network differs by {difference} of 255 at {width} x {height}.");
        }

        float Difference(float[] style, Tensor drawn)
        {
            var expected = ((drawn + 1) * 127.5f).clamp(0, 255).squeeze(0).permute(1, 2, 0).contiguous();
            return MemoryMarshal.Cast<byte, float>(expected.bytes).ToArray().Zip(student.Run(pixels, style, width, height), (a, b) => MathF.Abs(a - b)).Max();
        }
    }

    /// <summary>Processor time of the student beside a teacher network, one thread each, in turns: a busy machine does not show in it.</summary>
    private void Time(string model, int styles)
    {
        if (options.TeacherFolder.Length == 0)
        {
            return;
        }

        using var student = new Student(model, threads: 1);
        using var teacher = new Teacher(options.TeacherFolder, threads: 1);
        var style = new float[styles];
        style[0] = 1;
        foreach (var side in new[] { 288, 720 })
        {
            var pixels = Enumerable.Range(0, side * side * 3).Select(i => (float)(i % 256)).ToArray();
            List<double> own = [], others = [];
            for (var i = 0; i < TimedRuns; i++)
            {
                own.Add(Milliseconds(() => student.Run(pixels, style, side, side)));
                others.Add(Milliseconds(() => teacher.Run(0, pixels, side, side)));
            }

            var (a, b) = (own.Order().ElementAt(TimedRuns / 2), others.Order().ElementAt(TimedRuns / 2));
            log.Write(string.Create(
                CultureInfo.InvariantCulture, $"export: {side}² takes {a:F0} ms of one core, the teacher {b:F0} ms (medians): {a / b:F2}"));
        }
    }

    private static double Milliseconds(Action action)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        action();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMilliseconds;
    }

    private static void UpdateCatalog(string path, Checkpoint checkpoint, string hash)
    {
        var catalog = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : new JsonObject();
        var networks = catalog["networks"] as JsonArray ?? [];
        catalog["networks"] ??= networks;
        var entry = networks.FirstOrDefault(network => network?["name"]?.GetValue<string>() == NetworkName) as JsonObject;
        if (entry is null)
        {
            entry = new JsonObject { ["name"] = NetworkName };
            networks.Add(entry);
        }

        entry["version"] = $"0.1.0+step.{checkpoint.Step}";
        entry["file"] = FileName;
        entry["sha256"] = hash;
        entry["licence"] = "Apache-2.0";
        entry["origin"] = "Trained with DctNet.Training: one small conditional network distilled from the seven DCT-Net networks, skin tones corrected.";
        entry["kind"] = "stylizer";
        entry["input"] = new JsonObject { ["image"] = "image", ["style"] = "style" };
        entry["output"] = "cartoon";
        entry["layout"] = "NHWC";
        entry["channelOrder"] = "RGB";
        entry["range"] = new JsonArray(0, 255);
        entry["sizeMultiple"] = ConditionalUNet.SizeMultiple;
        entry["digitalSourceType"] = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
        entry["styles"] = new JsonArray([.. checkpoint.Styles.Select(style => JsonValue.Create(style))]);
        File.WriteAllText(path, catalog.ToJsonString(s_json) + "\n");
    }
}
