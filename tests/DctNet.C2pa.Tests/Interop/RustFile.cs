using System.Text.Json.Nodes;
using DctNet.C2pa.Signing;
using DctNet.Core.Imaging;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>Files that c2pa-rs signs.</summary>
internal static class RustFile
{
    public static byte[] Sign(
        DirectoryInfo directory,
        ImageFormat format,
        int claimVersion,
        bool withPlaceAndThumbnail = false,
        byte[]? parent = null,
        SigningAlgorithm algorithm = SigningAlgorithm.Es256,
        Uri? timeStampAuthority = null,
        JsonObject? core = null,
        SignerFiles? signer = null)
    {
        signer ??= SignerFiles.Of(algorithm);
        var name = Path.Combine(directory.FullName, Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(name, TestFiles.Of(format));
        var request = new JsonObject
        {
            ["op"] = "sign",
            ["file"] = name,
            ["mimeType"] = format.MediaType(),
            ["out"] = name + ".out",
            ["chain"] = signer.ChainPem,
            ["key"] = signer.KeyPem,
            ["algorithm"] = signer.Algorithm,
            ["claimVersion"] = claimVersion,
            ["thumbnail"] = withPlaceAndThumbnail,
            ["manifest"] = Manifest(format, withPlaceAndThumbnail, opened: parent is not null),
            ["core"] = core,
        };
        if (timeStampAuthority is not null)
        {
            request["tsa"] = timeStampAuthority.ToString();
        }

        if (parent is not null)
        {
            File.WriteAllBytes(name + ".parent", parent);
            request["parent"] = name + ".parent";
        }

        var answer = Peer.Ask([request], signer.RootPem)[0];
        Assert.True(answer["error"] is null, answer.ToJsonString());
        return File.ReadAllBytes(name + ".out");
    }

    private static JsonObject Manifest(ImageFormat format, bool withPlace, bool opened)
    {
        var assertions = new JsonArray();
        if (!opened)
        {
            assertions.Add(new JsonObject
            {
                ["label"] = "c2pa.actions",
                ["data"] = new JsonObject
                {
                    ["actions"] = new JsonArray(new JsonObject
                    {
                        ["action"] = "c2pa.created",
                        ["digitalSourceType"] = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
                    }),
                },
            });
        }

        if (withPlace)
        {
            assertions.Add(new JsonObject
            {
                ["label"] = "c2pa.metadata",
                ["kind"] = "Json",
                ["data"] = new JsonObject
                {
                    ["@context"] = new JsonObject { ["exif"] = "http://ns.adobe.com/exif/1.0/" },
                    ["exif:GPSLatitude"] = "39,21.102N",
                },
            });
            assertions.Add(new JsonObject
            {
                ["label"] = "stds.schema-org.CreativeWork",
                ["kind"] = "Json",
                ["data"] = new JsonObject
                {
                    ["@context"] = "https://schema.org",
                    ["@type"] = "CreativeWork",
                    ["locationCreated"] = new JsonObject { ["@type"] = "Place", ["geo"] = new JsonObject { ["latitude"] = 39.3517 } },
                },
            });
        }

        return new JsonObject
        {
            ["claim_generator_info"] = new JsonArray(new JsonObject { ["name"] = "Camera", ["version"] = "1" }),
            ["format"] = format.MediaType(),
            ["assertions"] = assertions,
        };
    }
}
