using BenchmarkDotNet.Attributes;
using DctNet.Core.Cartoon;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;
using DctNet.Core.Watermark;
using Resampler = DctNet.Core.Cartoon.Resampler;

namespace DctNet.Benchmarks;

/// <summary>The stages of one 1024 × 1024 portrait, each by itself, with their allocations.</summary>
[MemoryDiagnoser]
public class StagesBenchmark : IDisposable
{
    private const int Side = 1024;
    private const int NetworkSide = 720;

    private readonly WatermarkEmbedder _embedder = new(new WatermarkKeyRing(WatermarkKey.NewRandom()).Embedding);
    private byte[] _jpeg = null!;
    private PixelBuffer _portrait = null!;
    private FloatImage _reduced = null!;
    private ModelCatalog _catalog = null!;
    private FaceDetector _detector = null!;
    private Cartoonizer _cartoonizer = null!;

    [GlobalSetup]
    public void Prepare()
    {
        var options = new InferenceOptions { ExecutionProvider = ExecutionProvider.Cpu };
        _jpeg = Samples.Jpeg(Side);
        _portrait = Samples.Pixels(Side);
        _reduced = Resampler.ToFloat(_portrait, NetworkSide, NetworkSide);
        _catalog = Samples.Require(ModelCatalog.Load(ModelCatalog.BundledDirectory));
        _detector = Samples.Require(FaceDetector.Open(_catalog.FaceDetectorPath, options));
        _cartoonizer = Samples.Require(Cartoonizer.Open(_catalog, options));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _portrait.Dispose();
        _reduced.Dispose();
        _detector.Dispose();
        _cartoonizer.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int DecodeJpeg()
    {
        using var decoded = Samples.Decode(_jpeg);
        return decoded.Pixels.Width;
    }

    [Benchmark]
    public void Reduce() => Resampler.ToFloat(_portrait, NetworkSide, NetworkSide).Dispose();

    [Benchmark]
    public int DetectFaces() => _detector.Detect(_portrait).Count;

    [Benchmark]
    public void Stylize() => _cartoonizer.Stylize(_portrait, Samples.Require(_catalog.Select("")), CancellationToken.None).Dispose();

    [Benchmark]
    public void Enlarge()
    {
        using var result = new PixelBuffer(Side, Side, FloatImage.Channels);
        Resampler.ToBytes(_reduced, result);
    }

    [Benchmark]
    public double Mark()
    {
        using var copy = _portrait.Clone();
        return _embedder.Embed(copy, new WatermarkId(1)).PsnrDb;
    }

    [Benchmark]
    public int EncodeJpeg() => Samples.Encode(_portrait).Length;

    [Benchmark]
    public int EncodePng() => Samples.Require(ImageEncoder.Encode(_portrait, new EncodeOptions { Format = ImageFormat.Png })).Bytes.Length;
}
