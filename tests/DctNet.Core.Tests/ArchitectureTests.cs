using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Syntax.Elements.Types;
using ArchUnitNET.Loader;
using DctNet.Core.Imaging;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace DctNet.Core.Tests;

/// <summary>Which room may look at which: DESIGN.md's table, held by a test.</summary>
public class ArchitectureTests
{
    private static readonly Architecture s_core = new ArchLoader().LoadAssembly(typeof(PixelBuffer).Assembly).Build();

    private static readonly string[] s_rooms =
        ["Imaging", "Inference", "Models", "Cartoon", "Watermark", "Provenance", "Pipeline", "Diagnostics"];

    /// <summary>A room and the rooms it may see; what is missing here it may not.</summary>
    public static TheoryData<string, string[]> Rooms => new()
    {
        { "Diagnostics", [] },
        { "Imaging", [] },
        { "Inference", ["Diagnostics"] },
        { "Models", [] },
        { "Cartoon", ["Imaging", "Inference", "Models", "Diagnostics"] },
        { "Watermark", ["Imaging"] },
        { "Provenance", ["Imaging", "Watermark"] },
    };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_sees_only_the_rooms_it_may(string room, string[] visible)
    {
        var hidden = s_rooms.Except(visible).Except([room]).ToArray();
        var rule = Types().That().ResideInNamespaceMatching(Room(room))
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Room(hidden)));
        Assert.Empty(Broken(rule));
    }

    [Fact]
    public void The_watermark_sees_nothing_of_imaging_but_the_pixels()
    {
        var rule = Types().That().ResideInNamespaceMatching(Room("Watermark"))
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Room("Imaging")).And().AreNot(typeof(PixelBuffer)));
        Assert.Empty(Broken(rule));
    }

    [Fact]
    public void Only_provenance_and_the_pipeline_see_C2PA()
    {
        var architecture = new ArchLoader().LoadAssemblies(typeof(PixelBuffer).Assembly, typeof(C2pa.ManifestWriter).Assembly).Build();
        var rule = Types().That().ResideInNamespaceMatching(Room([.. s_rooms.Except(["Provenance", "Pipeline"])]))
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^DctNet\.C2pa(\..*)?$"));
        Assert.Empty(rule.Evaluate(architecture).Where(result => !result.Passed).Select(result => result.Description));
    }

    [Fact]
    public void Core_knows_neither_ASP_NET_nor_gRPC()
    {
        var references = typeof(PixelBuffer).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!).ToArray();
        Assert.DoesNotContain(references, name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain(references, name => name.StartsWith("Grpc.", StringComparison.Ordinal) || name == "Google.Protobuf");
    }

    [Fact]
    public void No_namespace_has_a_part_that_hides_Grpc_Core() =>
        Assert.DoesNotContain(s_core.Namespaces, @namespace => @namespace.FullName.Split('.').Contains("Grpc"));

    private static string Room(params string[] rooms) => $@"^DctNet\.Core\.({string.Join('|', rooms)})(\..*)?$";

    private static IEnumerable<string> Broken(TypesShouldConjunction rule) =>
        rule.Evaluate(s_core).Where(result => !result.Passed).Select(result => result.Description);
}
