using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>The file around the manifest: still the same picture, one store, no second copy.</summary>
public sealed class EmbeddingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task The_picture_decodes_to_the_same_pixels(ImageFormat format)
    {
        var signed = await SignAsync(TestFiles.Of(format));

        using var before = Decode(TestFiles.Of(format));
        using var after = Decode(signed);
        Assert.True(before.Pixels.Span.SequenceEqual(after.Pixels.Span));
        Assert.NotNull(after.Metadata.Xmp);
    }

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task Signing_again_replaces_the_manifest(ImageFormat format)
    {
        var once = await SignAsync(TestFiles.Of(format));
        var twice = await SignAsync(once);

        Assert.Equal(once.Length, twice.Length);
        Assert.Equal(ValidationState.Trusted, Verifier().Verify(twice).State);
        using var picture = Decode(twice);
        using var original = Decode(TestFiles.Of(format));
        Assert.True(original.Pixels.Span.SequenceEqual(picture.Pixels.Span));
    }

    [Theory]
    [InlineData(65_000)]
    [InlineData(65_400)]
    [InlineData(131_000)]
    [InlineData(300_001)]
    public async Task A_store_of_several_JPEG_segments_is_put_together_again(int bytes)
    {
        var content = System.Text.Encoding.UTF8.GetBytes($"{{\"filler\":\"{new string('x', bytes)}\"}}");
        var definition = Definition() with { Assertions = [new CustomAssertion("org.example.filler", content, IsJson: true)] };
        foreach (var format in TestFiles.Formats)
        {
            var signed = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(format), definition, Cancellation);
            Assert.Equal(ValidationState.Trusted, Verifier().Verify(signed.ToArray()).State);
            Assert.Equal(signed.ManifestStore.Span, AssetContainer.Recognize(signed.ToArray())!.Find(signed.ToArray())!.Store.Span);
        }
    }

    [Fact]
    public async Task A_manifest_adds_little()
    {
        var signed = await SignAsync(TestFiles.Of(ImageFormat.Jpeg));

        Assert.InRange(signed.Length - TestFiles.Of(ImageFormat.Jpeg).Length, 1, 6 << 10);
    }

    private static async Task<byte[]> SignAsync(byte[] file) =>
        (await new ManifestWriter(Signer()).SignAsync(file, Definition(), Cancellation)).ToArray();

    private static DecodedImage Decode(byte[] file)
    {
        Assert.True(ImageProbe.Read(file, new ImageLimits()).TryGet(out var header, out _));
        Assert.True(ImageDecoder.Decode(file, header).TryGet(out var picture, out var failure), failure?.Message);
        return picture;
    }
}
