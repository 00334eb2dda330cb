using DctNet.Core;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.ModelTools;

/// <summary>Converts weights, tries the network, and enters it into a directory of models.</summary>
public static class ModelInstaller
{
    private const string TrainedAlgorithmicMedia = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

    /// <summary>DCT-Net's own demo pads to this.</summary>
    private const int SizeMultiple = 16;

    /// <summary>Converts a file and enters it under a name.</summary>
    /// <param name="file">What <see cref="ModelImporter.Import"/> takes.</param>
    /// <param name="name">The style's name from now on; one of that name that was entered before is replaced.</param>
    /// <param name="directory">The models' directory.</param>
    /// <param name="terms">Licence and origin, as the catalog tells them.</param>
    /// <param name="cancellationToken">Ends the trial run.</param>
    /// <exception cref="OperationCanceledException">The token fired; the directory is as it was.</exception>
    /// <exception cref="IOException">The directory cannot be changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be changed.</exception>
    public static Outcome<CatalogStyle> Install(
        byte[] file, string name, string directory, ModelTerms terms, CancellationToken cancellationToken)
    {
        if (CatalogWriter.WrongName(name) is { } wrong)
        {
            return wrong;
        }

        return Convert(file, cancellationToken).TryGet(out var imported, out var failure) ? Enter(imported, name, directory, terms) : failure;
    }

    /// <summary>Converts a file and tries the network.</summary>
    internal static Outcome<ImportedNetwork> Convert(byte[] file, CancellationToken cancellationToken)
    {
        if (!ModelImporter.Import(file).TryGet(out var imported, out var failure))
        {
            return failure;
        }

        return Try(imported.Onnx, cancellationToken) is { } problem ? problem : imported;
    }

    internal static Outcome<CatalogStyle> Enter(ImportedNetwork imported, string name, string directory, ModelTerms terms)
    {
        var network = new StylizerNetwork
        {
            Name = name,
            Version = "imported",
            Path = "",
            Licence = terms.Licence,
            Origin = $"{terms.Origin} Converted from {imported.Format}.",
            ImageInput = ImportedNetwork.Input,
            Output = ImportedNetwork.Output,
            ChannelOrder = ChannelOrder.Bgr,
            SizeMultiple = SizeMultiple,
            Layout = PictureLayout.Hwc,
            DigitalSourceType = TrainedAlgorithmicMedia,
            Styles = [name],
        };
        return CatalogWriter.Add(directory, network, imported.Onnx, $"DCT-Net's own weights, entered as {name}.").TryGet(out var catalog, out var failure)
            ? catalog.Styles.First(style => style.Name == name)
            : failure;
    }

    /// <summary>Draws a ramp; what is wrong with the result, or null.</summary>
    private static Failure? Try(byte[] onnx, CancellationToken cancellationToken)
    {
        const int Height = 48, Width = 32;
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, onnx);
            if (!NetworkSession.Open(path, new InferenceOptions { ExecutionProvider = ExecutionProvider.Cpu }).TryGet(out var session, out var failure))
            {
                return failure;
            }

            using (session)
            {
                float[] picture = [.. Enumerable.Range(0, Height * Width * 3).Select(i => i % 256f)];
                var result = new float[picture.Length];
                long[] shape = [Height, Width, 3];
                try
                {
                    session.Run(
                        [new NamedTensor(ImportedNetwork.Input, picture, shape)], [new NamedTensor(ImportedNetwork.Output, result, shape)], cancellationToken);
                }
                catch (OnnxRuntimeException e)
                {
                    return new Failure(FailureCode.UnsupportedFormat, $"The network was converted, but does not draw pictures of every size: {e.Message}");
                }

                return Array.TrueForAll(result, value => value is >= 0 and <= 255)
                    ? null
                    : new Failure(FailureCode.UnsupportedFormat, "The network was converted, but what it draws is no picture: its weights are damaged.");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
