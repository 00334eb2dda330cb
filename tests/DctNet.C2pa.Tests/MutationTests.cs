using System.Diagnostics;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using static DctNet.C2pa.Tests.TestCredentials;

namespace DctNet.C2pa.Tests;

/// <summary>
/// Hostile files: changed by a seeded mutator, through the verifier and every parser below it. Nothing may be thrown but what a parser
/// declares, nothing may take long, and nothing may take much memory. With CI=true or DCTNET_SLOW=1 in full.
/// </summary>
public sealed class MutationTests
{
    private static readonly int s_count =
        Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("DCTNET_SLOW") == "1" ? 10_000 : 600;

    // One file takes a millisecond or so; a machine may be busy, a hang is longer.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private const long MaxBytesAFile = 16 << 20;

    [Theory]
    [MemberData(nameof(TestFiles.All), MemberType = typeof(TestFiles))]
    public async Task No_file_makes_the_verifier_throw_hang_or_swell(ImageFormat format)
    {
        var photo = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(ImageFormat.Jpeg), Definition(), TestContext.Current.CancellationToken);
        var source = new SourceAsset { File = photo.ToArray(), Relationship = SourceRelationship.ParentOf };
        var signed = await new ManifestWriter(Signer()).SignAsync(
            TestFiles.Of(format), Definition() with { Source = source }, TestContext.Current.CancellationToken);
        var (file, verifier) = (signed.ToArray(), Verifier());
        var location = AssetContainer.Recognize(file)!.Find(file)!;
        Assert.Equal(ValidationState.Trusted, verifier.Verify(file).State);
        var survived = 0;
        for (var seed = 0; seed < s_count / TestFiles.Formats.Length; seed++)
        {
            var mutant = Mutator.Mutate(file, location.Range, seed);
            var (start, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());

            survived += verifier.Verify(mutant).State is ValidationState.Trusted or ValidationState.Untrusted ? 1 : 0;

            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience, $"Seed {seed} took too long.");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MaxBytesAFile, $"Seed {seed} took too much memory.");
        }

        Assert.InRange(survived, 0, s_count / TestFiles.Formats.Length / 4);
    }

    [Fact]
    public async Task No_bytes_make_a_parser_throw_what_it_does_not_declare()
    {
        var signed = await new ManifestWriter(Signer()).SignAsync(TestFiles.Of(ImageFormat.Avif), Definition(), TestContext.Current.CancellationToken);
        var store = signed.ManifestStore.ToArray();
        var active = JumbfBox.Parse(store).Children[^1];
        var claim = active.ChildrenOf(BoxTypes.Claim).Single().Content(BoxTypes.Cbor)!.Payload.ToArray();
        var cose = active.ChildrenOf(BoxTypes.Signature).Single().Content(BoxTypes.Cbor)!.Payload.ToArray();
        var refused = 0;
        for (var seed = 0; seed < s_count; seed++)
        {
            Try(() => JumbfBox.Parse(Mutator.Mutate(store, new ByteRange(0, store.Length), seed)));
            Try(() => CborNode.Parse(Mutator.Mutate(claim, new ByteRange(0, claim.Length), seed)));
            Try(() => CoseSignature.Parse(Mutator.Mutate(cose, new ByteRange(0, cose.Length), seed)));
        }

        Assert.InRange(refused, s_count / 4, 3 * s_count);

        void Try(Action parse)
        {
            try
            {
                parse();
            }
            catch (MalformedException)
            {
                refused++;
            }
        }
    }

    [Fact]
    public void Deep_and_endless_CBOR_is_refused()
    {
        Assert.Throws<MalformedException>(() => CborNode.Parse(Enumerable.Repeat((byte)0x81, 1 << 20).ToArray()));
        Assert.Throws<MalformedException>(() => CborNode.Parse(new byte[] { 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }));
        Assert.Throws<MalformedException>(() => CborNode.Parse((byte[])[0x9A, 0x00, 0x10, 0x00, 0x00, .. new byte[1 << 20]]));
        Assert.Throws<MalformedException>(() => CborNode.Parse(new byte[] { 0xA2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02 }));
    }

    [Fact]
    public void Deep_JUMBF_is_refused()
    {
        var box = JumbfWriter.Superbox(BoxTypes.Store, "c2pa");
        for (var depth = 0; depth < 2000; depth++)
        {
            box = JumbfWriter.Superbox(BoxTypes.Store, "c2pa", [box]);
        }

        Assert.Throws<MalformedException>(() => JumbfBox.Parse(box));
    }
}
