using System.Buffers.Binary;
using DctNet.C2pa;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Core.Provenance;

/// <summary>Gives a result its content credential: the C2PA manifest in the finished file.</summary>
/// <param name="writer">Makes and signs the manifests.</param>
/// <param name="generator">The system that they name.</param>
/// <param name="onFailure">Told why a result could not be signed: that names commands and hosts, and is not for callers.</param>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class CredentialIssuer(ManifestWriter writer, GeneratorInfo generator, Action<C2paException> onFailure)
{
    /// <summary>Name of the watermark (Watermark/FORMAT.md, version 1) as a soft binding; its value is the id, 8 bytes, big-endian.</summary>
    public const string WatermarkAlgorithm = "dev.dctnet.watermark.1";

    /// <summary>Signs. Fails with <see cref="FailureCode.SigningUnavailable"/> where the signer or the time-stamp authority does.</summary>
    /// <param name="file">The encoded file with its label; the result looks into its bytes.</param>
    /// <param name="label">What the label says: the credential says the same.</param>
    /// <param name="model">The networks, "name version".</param>
    /// <param name="mark">The id in the pixels; null where there is none.</param>
    /// <param name="source">The file that it was made from, and the source's instance id.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<Outcome<SignedAsset>> IssueAsync(
        EncodedImage file,
        AiLabel label,
        string model,
        WatermarkId? mark,
        (ReadOnlyMemory<byte> File, string? InstanceId) source,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(label);
        var definition = new ManifestDefinition
        {
            Generator = generator,
            DigitalSourceType = label.DigitalSourceType,
            When = label.CreateDate,
            InstanceId = label.InstanceId,
            SoftBinding = mark is { } id ? new SoftBinding(WatermarkAlgorithm, Bytes(id)) : null,

            // A person chose the photo and the style; nobody looks at the result before it leaves.
            AiDisclosure = new AiDisclosure(model, HumanOversight.PromptGuided),
            Source = new SourceAsset
            {
                File = source.File,
                InstanceId = source.InstanceId,

                // Where pixels of the photo survive it is the picture's parent, else what the network was given.
                Relationship = label.DigitalSourceType == DigitalSourceTypes.CompositeWithTrainedAlgorithmicMedia
                    ? SourceRelationship.ParentOf
                    : SourceRelationship.InputTo,
            },
        };
        try
        {
            return await writer.SignAsync(file.Bytes, definition, cancellation);
        }
        catch (C2paException problem)
        {
            onFailure(problem);
            return new Failure(FailureCode.SigningUnavailable, "The result could not be signed now; try again later.");
        }
    }

    private static byte[] Bytes(WatermarkId id)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Value);
        return bytes;
    }
}
