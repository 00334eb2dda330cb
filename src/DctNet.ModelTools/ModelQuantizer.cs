using System.Diagnostics;
using System.Runtime.InteropServices;
using DctNet.Core;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Watermark;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.ModelTools;

/// <summary>Makes a smaller or faster variant of a stylizer, and measures on photos what it costs and what it gains.</summary>
public static class ModelQuantizer
{
    /// <summary>Photos are brought to this short side, the size of the heads that the networks draw.</summary>
    private const int ShortSide = 288;

    private const int SizeMultiple = 16;

    /// <summary>Runs of each network for each photo; the median counts.</summary>
    private const int Runs = 5;

    /// <summary>One value in so many tells the range of the rest; prime, so that it meets all channels and places.</summary>
    private const int SampleStride = 211;

    /// <summary>Reduces a network and compares it with what it was.</summary>
    /// <param name="onnx">A stylizer: a picture <c>[H, W, 3]</c> 0..255 in and out, perhaps a style vector.</param>
    /// <param name="precision">What to store or compute it in.</param>
    /// <param name="photos">Decoded photos that the user has chosen: ranges are taken from them, and the comparison is made on them.</param>
    /// <param name="cancellationToken">Stops between runs.</param>
    /// <returns>The variant with its figures; or why there is none.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static Outcome<QuantizedNetwork> Quantize(
        byte[] onnx, Precision precision, IReadOnlyList<PixelBuffer> photos, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(photos);
        if (photos.Count == 0)
        {
            return new Failure(FailureCode.InvalidOption, "At least one photo is needed to compare on.");
        }

        // Turns the runtime's telemetry off before its first use here.
        _ = NetworkSession.RuntimeVersion;
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            Stylizer.Input[] inputs;
            using (var session = new InferenceSession(onnx, options))
            {
                inputs = [.. photos.Select(photo => Stylizer.Inputs(session, photo, ShortSide, SizeMultiple))];
            }

            var reduced = precision == Precision.Float16 ? Halved(onnx) : InEightBits(onnx, inputs, options, cancellationToken);
            var losses = new List<QuantizationLoss>();
            foreach (var style in inputs[0].Styles)
            {
                using var before = new InferenceSession(Served(onnx, style), options);
                using var after = new InferenceSession(Served(reduced, style), options);
                foreach (var input in inputs)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    losses.Add(Compare(before, after, input));
                }
            }

            return new QuantizedNetwork(reduced, losses, onnx.Length);
        }
        catch (Exception e) when (e is ModelFormatException or InvalidProtocolBufferException or OnnxRuntimeException)
        {
            return new Failure(FailureCode.UnsupportedFormat, $"This is no stylizer that can be reduced: {e.Message.TrimEnd('.')}.");
        }
    }

    // As the service runs it: with the style as a constant.
    private static byte[] Served(byte[] onnx, NamedTensor? style) => style is { } vector ? ConstantInput.Fix(onnx, vector) : onnx;

    private static byte[] Halved(byte[] onnx)
    {
        var file = OnnxFile.Read(onnx);
        HalfWeights.Apply(file);
        return file.ToBytes();
    }

    private static byte[] InEightBits(
        byte[] onnx, Stylizer.Input[] inputs, SessionOptions options, CancellationToken cancellationToken)
    {
        var watched = OnnxFile.Read(onnx);
        var activations = new EightBit(watched, inputs[0].Picture.Name).Activations;
        watched.FurtherOutputs.AddRange(activations);
        var samples = activations.ToDictionary(name => name, _ => new List<float>(), StringComparer.Ordinal);
        using (var session = new InferenceSession(watched.ToBytes(), options))
        {
            foreach (var (input, style) in inputs.SelectMany(input => input.Styles, (input, style) => (input, style)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var results = input.Run(session, style, activations);
                for (var i = 0; i < activations.Count; i++)
                {
                    var values = results[i].GetTensorDataAsSpan<float>();
                    for (var at = 0; at < values.Length; at += SampleStride)
                    {
                        samples[activations[i]].Add(values[at]);
                    }
                }
            }
        }

        var ranges = samples.ToDictionary(entry => entry.Key, entry => EightBit.Range(CollectionsMarshal.AsSpan(entry.Value)), StringComparer.Ordinal);
        var file = OnnxFile.Read(onnx);
        new EightBit(file, inputs[0].Picture.Name).Apply(ranges);
        return file.ToBytes();
    }

    private static QuantizationLoss Compare(InferenceSession before, InferenceSession after, Stylizer.Input input)
    {
        var (first, second) = (Draw(before, input), Draw(after, input));
        var (timesBefore, timesAfter) = (new List<double>(), new List<double>());
        for (var i = 0; i < Runs; i++)
        {
            // In turns, so that what else the machine does falls on both.
            timesBefore.Add(Time(before, input));
            timesAfter.Add(Time(after, input));
        }

        var error = first.Zip(second, (a, b) => (double)(a - b) * (a - b)).Average();
        return new QuantizationLoss(
            Ssim.Of(Stylizer.Luma(first), Stylizer.Luma(second), input.Width),
            10 * Math.Log10(255 * 255 / Math.Max(error, 1e-9)),
            Median(timesBefore),
            Median(timesAfter));
    }

    private static float[] Draw(InferenceSession session, Stylizer.Input input)
    {
        using var results = input.Run(session, style: null, session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static double Time(InferenceSession session, Stylizer.Input input)
    {
        var start = Stopwatch.GetTimestamp();
        Draw(session, input);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
