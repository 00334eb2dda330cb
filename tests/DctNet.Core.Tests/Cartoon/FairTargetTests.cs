using System.Numerics;
using DctNet.Core.Cartoon.Faces;
using DctNet.Evaluation;
using Xunit;

namespace DctNet.Core.Tests.Cartoon;

public class FairTargetTests
{
    private const int Side = HeadAligner.HeadSize;

    /// <summary>DCT-Net's reference points; the mouth is the mean of its two corners.</summary>
    private static readonly FaceLandmarks s_face = new(
        new Vector2(111.78f, 137.63f), new Vector2(179.74f, 137.25f), new Vector2(145.98f, 176.28f), new Vector2(146.2f, 215.905f));

    private static readonly (byte, byte, byte) s_dark = (92, 62, 48);
    private static readonly (byte, byte, byte) s_pale = (252, 236, 228);
    private static readonly (byte, byte, byte) s_wall = (70, 110, 150);
    private static readonly (byte, byte, byte) s_paper = (236, 234, 238);

    [Theory]
    [InlineData("anime")]
    [InlineData("design")]
    [InlineData("3d")]
    public void Dark_skin_that_was_painted_pale_comes_back_to_within_the_styles_room(string style)
    {
        var photo = Head(s_dark, s_wall);
        var fair = new FairTarget(photo, Side, Side, s_face).Correct(Head(s_pale, s_paper), style);
        Assert.InRange(Cheek(fair).X - Cheek(photo).X, FairTarget.RoomOf(style) - 1, FairTarget.RoomOf(style) + 1);
    }

    [Fact]
    public void What_is_not_skin_stays_as_it_was_painted()
    {
        var target = Head(s_pale, s_paper);
        var fair = new FairTarget(Head(s_dark, s_wall), Side, Side, s_face).Correct(target, "anime");
        (int X, int Y)[] places = [(10, 10), (280, 150), (20, 270), (146, 100)];
        Assert.All(places, place => Assert.InRange(Math.Abs(Light(fair, place) - Light(target, place)), 0, 6));

        // Whites are shaded a little beside dark skin.
        Assert.All([(112, 138), (180, 138)], eye => Assert.InRange(Light(target, eye) - Light(fair, eye), 0, 12));
    }

    [Fact]
    public void No_pale_or_dark_seam_runs_along_the_border_of_a_corrected_face()
    {
        var fair = new FairTarget(Head(s_dark, s_wall), Side, Side, s_face).Correct(Head(s_pale, s_paper), "anime");
        var skin = Cheek(fair).X;
        var paper = Light(fair, (280, 168));

        // From the cheek to the right: skin, at most three pixels of the way between the two, paper.
        var between = Enumerable.Range(160, 110).Select(x => Light(fair, (x, 168))).Where(light => light - skin > 4 && paper - light > 4);
        Assert.InRange(between.Count(), 0, 3);
    }

    [Fact]
    public void Skin_that_is_within_the_room_and_drawings_without_colour_are_left_alone()
    {
        var fair = new FairTarget(Head((200, 150, 130), s_wall), Side, Side, s_face);
        var near = Head((206, 158, 140), s_paper);
        var drawing = Head((240, 240, 240), s_paper);
        Assert.Equal(near, fair.Correct(near, "design"));
        Assert.Equal(drawing, fair.Correct(drawing, "design"));
    }

    [Fact]
    public void A_face_outside_the_picture_changes_nothing()
    {
        var away = new Vector2(4000, 0);
        var face = new FaceLandmarks(s_face.RightEye + away, s_face.LeftEye + away, s_face.Nose + away, s_face.Mouth + away);
        var target = Head(s_pale, s_paper);
        Assert.Equal(target, new FairTarget(Head(s_dark, s_wall), Side, Side, face).Correct(target, "anime"));
    }

    // Lindbloom's CIE calculator, sRGB, D65.
    [Theory]
    [InlineData(255, 255, 255, 100, 0, 0)]
    [InlineData(255, 0, 0, 53.2408, 80.0925, 67.2032)]
    [InlineData(0, 0, 255, 32.2970, 79.1875, -107.8602)]
    [InlineData(0, 255, 0, 87.7347, -86.1827, 83.1793)]
    public void Lab_agrees_with_published_values_and_back(byte r, byte g, byte b, float l, float a, float bb)
    {
        var lab = CieLab.Of(r, g, b);
        Assert.True(Vector3.Distance(new Vector3(l, a, bb), lab) < 0.05f, $"{lab}");
        Assert.True(Vector3.Distance(new Vector3(r, g, b), CieLab.ToRgb(lab)) < 0.5f);
    }

    /// <summary>A face of one colour with white eyes and a dark brow before a background of one colour.</summary>
    private static byte[] Head((byte R, byte G, byte B) skin, (byte R, byte G, byte B) background)
    {
        var rgb = new byte[Side * Side * 3];
        for (var i = 0; i < Side * Side; i++)
        {
            var point = new Vector2((i % Side) + 0.5f, (i / Side) + 0.5f);
            var colour = Inside(point, new(146, 168), new(72, 96)) ? skin : background;
            colour = Inside(point, s_face.RightEye, new(12, 7)) || Inside(point, s_face.LeftEye, new(12, 7)) ? ((byte)250, (byte)250, (byte)250) : colour;
            colour = MathF.Abs(point.Y - 100) < 3 && MathF.Abs(point.X - 146) < 50 ? ((byte)10, (byte)8, (byte)8) : colour;
            (rgb[i * 3], rgb[(i * 3) + 1], rgb[(i * 3) + 2]) = colour;
        }

        return rgb;

        static bool Inside(Vector2 point, Vector2 centre, Vector2 axes) => ((point - centre) / axes).Length() < 1;
    }

    private static Vector3 Cheek(byte[] rgb) => At(rgb, (115, 185));

    private static float Light(byte[] rgb, (int X, int Y) place) => At(rgb, place).X;

    private static Vector3 At(byte[] rgb, (int X, int Y) place)
    {
        var i = ((place.Y * Side) + place.X) * 3;
        return CieLab.Of(rgb[i], rgb[i + 1], rgb[i + 2]);
    }
}
